//! Words by which hardware is told.

use super::Catalog;
use super::layer::{Layer, RuleError};
use super::rows::{HardwareWord, Topic};
use super::tables::{Tables, locate};

/// Columns that a list of assets may have.
pub(crate) const ASSET_COLUMNS: [&str; 15] = [
    "accelerator",
    "model",
    "manufacturer",
    "pci",
    "category",
    "count",
    "accelerators-each",
    "site",
    "country",
    "owner",
    "operator",
    "purchased",
    "refresh",
    "status",
    "spares",
];

impl Catalog {
    /// Words of a topic with what they mean, in the order of the rows.
    pub fn hardware_words(&self, topic: Topic) -> impl Iterator<Item = (&str, &str)> {
        let rows = self.tables().hardware_word.iter().filter(move |row| row.topic == topic);
        rows.flat_map(|row| row.words.iter().map(|word| (&*row.means, &**word)))
    }

    /// What a word in lower case means.
    #[must_use]
    pub fn hardware_word(&self, topic: Topic, word: &str) -> Option<&str> {
        self.hardware_words(topic).find(|(_, own)| *own == word).map(|(means, _)| means)
    }
}

/// Rows that mean what no reader knows.
pub(super) fn check(tables: &Tables, layers: &[Layer]) -> Vec<RuleError> {
    let wrong = |row: &&HardwareWord| match row.topic {
        Topic::AssetColumn => !ASSET_COLUMNS.contains(&&*row.means),
        Topic::AssetStatus => !matches!(&*row.means, "absent" | "stored"),
        Topic::AcceleratorMaker => !matches!(&*row.means, "named" | "described" | "maker"),
        Topic::AcceleratorSign => &*row.means != "accelerator",
        Topic::CoreDesigner | Topic::NeuronFamily => row.means.is_empty(),
        Topic::CaptureName => &*row.means != "tool",
        Topic::DriverModule => !matches!(&*row.means, "accelerator" | "display" | "adapter"),
    };
    let told = tables.hardware_word.iter().filter(wrong).map(|row| {
        let message = format!("`means` of a `hardware_word` is `{}`, which the topic does not know", row.means);
        locate(layers, "means", &row.means, message)
    });
    told.collect()
}
