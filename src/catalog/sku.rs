//! Which accelerator product a source means: by the numbers of the device and its board first, then by name.
//!
//! Every scanner, of declared and of observed hardware, asks here. Several products are told as several, and what
//! no row knows stays unknown.

use std::collections::BTreeSet;

use super::rows::{Accelerator, AcceleratorName, AcceleratorSystem};
use super::tables::Tables;
use super::{Catalog, Topic};

/// Share by which a device's own figure may lie below the memory of its product: some is kept for error correction.
const MEMORY_BELOW: f64 = 0.08;
/// And above it: tables round down.
const MEMORY_ABOVE: f64 = 0.03;

/// Letters of a name that something else may be called by too.
const SHORT: usize = 4;

/// What a source says of a device.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// `vendor:device`, four hexadecimal digits each.
    pub pci: Option<&'a str>,
    /// The same of its board.
    pub subsystem: Option<&'a str>,
    /// What it is called.
    pub name: Option<&'a str>,
    /// True when a driver, a label or an interface gives the name: it then is one product's own, where it is known.
    /// People write `NVIDIA H100` and mean any of the family.
    pub is_exact: bool,
    /// Memory of the device in MiB.
    pub memory_mib: Option<u64>,
}

/// The answer.
#[derive(Clone, Debug)]
pub enum Sku<'c> {
    /// One product.
    One(&'c Accelerator),
    /// One of several, in the order of the table.
    Several(Vec<&'c Accelerator>),
    /// No row knows it.
    Unknown,
}

impl<'c> Sku<'c> {
    fn of(rows: Vec<&'c Accelerator>) -> Self {
        match rows.as_slice() {
            [] => Self::Unknown,
            [one] => Self::One(one),
            _ => Self::Several(rows),
        }
    }

    /// The product, when it is one.
    #[must_use]
    pub fn one(&self) -> Option<&'c Accelerator> {
        match self {
            Self::One(row) => Some(row),
            _ => None,
        }
    }
}

/// Rows of names with their words, as the index keeps them.
#[derive(Debug, Default)]
pub(super) struct NameRules {
    /// Numbers of rows by their first word without `*`, shortest words first.
    rules: Vec<(Box<str>, usize)>,
}

impl NameRules {
    /// Sorted by first word, so that a name's words find theirs.
    pub(super) fn new(tables: &Tables) -> Self {
        let first = |(at, row): (usize, &AcceleratorName)| {
            row.words.first().map(|word| (Box::from(word.trim_end_matches('*')), at))
        };
        let mut rules: Vec<(Box<str>, usize)> = tables.accelerator_name.iter().enumerate().filter_map(first).collect();
        rules.sort();
        Self { rules }
    }

    /// Rows that may fit, by the first letters of the words.
    fn near<'s>(&'s self, words: &'s [String]) -> impl Iterator<Item = usize> + 's {
        words.iter().flat_map(|word| {
            (1..=word.len()).filter(|end| word.is_char_boundary(*end)).flat_map(|end| {
                let beginning = &word[..end];
                let from = self.rules.partition_point(|(first, _)| &**first < beginning);
                self.rules[from..].iter().take_while(move |(first, _)| **first == *beginning).map(|(_, at)| *at)
            })
        })
    }
}

impl Catalog {
    /// The product that a source means.
    #[must_use]
    pub fn sku(&self, asked: Asked<'_>) -> Sku<'_> {
        if let (Some(pci), Some(board)) = (asked.pci, asked.subsystem)
            && let Some(row) = self
                .tables
                .accelerator_board
                .iter()
                .find(|row| row.pci.eq_ignore_ascii_case(pci) && row.subsystem.eq_ignore_ascii_case(board))
            && let Some(row) = self.accelerator(&row.accelerator)
        {
            return Sku::One(row);
        }
        let by_number = asked.pci.map_or_else(Vec::new, |pci| self.accelerators_by_name(pci));
        if let [_] = by_number.as_slice() {
            return Sku::of(by_number);
        }
        let by_name = asked.name.map_or_else(Vec::new, |name| self.by_name(name, asked.is_exact));
        // numbers that several products share are told apart by the name
        let both: Vec<&Accelerator> =
            by_number.iter().filter(|row| by_name.iter().any(|named| named.id == row.id)).copied().collect();
        let rows = if !both.is_empty() {
            both
        } else if by_number.is_empty() {
            by_name
        } else {
            by_number
        };
        Sku::of(self.narrowed(rows, asked))
    }

    /// The words of a system in a name, and how many accelerators one holds; nothing where rules do not tell, or not
    /// of one accord. No system at all for a name without such words.
    #[must_use]
    pub fn system(&self, name: &str) -> Option<Option<u32>> {
        let words = words(name);
        let fits = |row: &&AcceleratorSystem| row.words.iter().all(|word| has(&words, word));
        let found: Vec<&AcceleratorSystem> = self.tables.accelerator_system.iter().filter(fits).collect();
        let most = found.iter().map(|row| row.words.len()).max()?;
        let mut counts = found.iter().filter(|row| row.words.len() == most).map(|row| row.count);
        let first = counts.next()?;
        Some(first.filter(|_| counts.all(|other| other == first)))
    }

    fn by_name(&self, name: &str, is_exact: bool) -> Vec<&Accelerator> {
        let exact = || self.accelerators_by_name(name);
        if is_exact {
            let found = exact();
            // `h100` is no name of a product's own, though a driver calls one of the family `NVIDIA H100`
            let is_own = found.len() == 1 && found.iter().all(|row| self.is_own_name(row, name));
            return if is_own { found } else { self.by_words(name).unwrap_or(found) };
        }
        self.by_words(name).unwrap_or_else(|| {
            let found = exact();
            if found.is_empty() { self.without_description(name) } else { found }
        })
    }

    /// By what is left of a name without the words that describe: `Lenovo L40S 48GB PCIe` is `l40s`.
    fn without_description(&self, name: &str) -> Vec<&Accelerator> {
        let all = words(name);
        let describes =
            |word: &String| self.hardware_word(Topic::AcceleratorMaker, word).is_some() || gigabytes(word).is_some();
        let rest: Vec<&str> = all.iter().filter(|word| !describes(word)).map(String::as_str).collect();
        if rest.is_empty() || rest.len() == all.len() {
            return Vec::new();
        }
        // makers of cards make telephones too: a short name needs a second sign
        let is_short = rest.iter().map(|word| word.len()).sum::<usize>() < SHORT;
        if is_short && !is_alone(self, &all, &[]) && all.len() - rest.len() < 2 {
            return Vec::new();
        }
        self.accelerators_by_name(&rest.join(" "))
    }

    fn is_own_name(&self, row: &Accelerator, name: &str) -> bool {
        let name = name.trim();
        let base = name.split_once("-MIG-").map_or(name, |(base, _)| base);
        let base = base.strip_suffix("-SHARED").unwrap_or(base);
        let hyphened = base.replace('_', "-");
        let is_it = |own: &str| own.eq_ignore_ascii_case(base) || own.eq_ignore_ascii_case(&hyphened);
        let mut own = row.pci_ids.iter().chain(&row.device_names).chain(&row.k8s_labels);
        let mut aliases = self.tables.accelerator_alias.iter().filter(|alias| alias.accelerator == row.id);
        own.any(|own| is_it(own)) || aliases.any(|alias| is_it(&alias.name))
    }

    /// By the words in a name; nothing when no row fits.
    fn by_words(&self, name: &str) -> Option<Vec<&Accelerator>> {
        let words = words(name);
        let fits = |row: &AcceleratorName| {
            (row.words.iter().map(|word| word.len()).sum::<usize>() > SHORT || is_alone(self, &words, &row.words))
                && row.words.iter().all(|word| has(&words, word))
                && !row.without.iter().any(|word| has(&words, word))
        };
        let (mut products, mut systems) = (Closest::default(), Closest::default());
        for at in self.name_rules.near(&words) {
            let row = &self.tables.accelerator_name[at];
            let closest = if self.is_system(row) { &mut systems } else { &mut products };
            if row.words.len() >= closest.words && fits(row) {
                closest.add(row);
            }
        }
        // `HGX B200` says which of all that such systems hold
        let both: BTreeSet<&str> = products.ids.intersection(&systems.ids).copied().collect();
        let ids = match () {
            () if !both.is_empty() => both,
            () if !products.ids.is_empty() => products.ids,
            // what `HGX B2000` holds no row knows
            () if self.tells_no_product(&words) => systems.ids,
            () => BTreeSet::new(),
        };
        let rows: Vec<&Accelerator> = self.tables.accelerator.iter().filter(|row| ids.contains(&*row.id)).collect();
        (!rows.is_empty()).then_some(rows)
    }

    /// True when the words name a system and none of what it may hold.
    fn is_system(&self, name: &AcceleratorName) -> bool {
        self.tables.accelerator_system.iter().any(|row| row.words == name.words)
    }

    /// True when every word is a maker's, describes, counts, or is a system's: nothing is left that could be a product.
    fn tells_no_product(&self, words: &[String]) -> bool {
        let of_system =
            |word: &str| self.tables.accelerator_system.iter().any(|row| row.words.iter().any(|own| **own == *word));
        words.iter().all(|word| {
            word.bytes().all(|byte| byte.is_ascii_digit())
                || gigabytes(word).is_some()
                || of_system(word)
                || self.hardware_word(Topic::AcceleratorMaker, word).is_some()
        })
    }

    /// Of several, those whose memory fits what is said of it.
    fn narrowed<'c>(&'c self, rows: Vec<&'c Accelerator>, asked: Asked<'_>) -> Vec<&'c Accelerator> {
        if rows.len() < 2 {
            return rows;
        }
        let stated = asked.memory_mib.map(|mib| mib as f64 / 1024.0).or_else(|| stated_memory(asked.name?));
        let Some(stated) = stated else { return rows };
        let fits = |row: &&&Accelerator| fits_memory(row, stated) == Some(true);
        let narrowed: Vec<&Accelerator> = rows.iter().filter(fits).copied().collect();
        if narrowed.is_empty() { rows } else { narrowed }
    }
}

/// Products of the rows with the most words.
#[derive(Default)]
struct Closest<'c> {
    words: usize,
    ids: BTreeSet<&'c str>,
}

impl<'c> Closest<'c> {
    fn add(&mut self, row: &'c AcceleratorName) {
        if row.words.len() > self.words {
            self.words = row.words.len();
            self.ids.clear();
        }
        self.ids.extend(row.accelerators.iter().map(|id| &**id));
    }
}

/// Memory that a name states, in GB: `H100 80GB`. The slices that names of MIG partitions state are none.
pub(crate) fn stated_memory(name: &str) -> Option<f64> {
    let mut all = words(name);
    // `MIG 1g.10gb`, `1g.10gb`
    let is_slice = |pair: &[String]| {
        let cores = pair[0].strip_suffix('g').is_some_and(|cores| cores.len() == 1 && cores.parse::<u8>().is_ok());
        cores && pair[1].ends_with("gb")
    };
    let slice = all.windows(2).position(is_slice);
    all.truncate(slice.or_else(|| all.iter().position(|word| word == "mig")).unwrap_or(all.len()));
    let apart = all.windows(2).find_map(|pair| gigabytes(&format!("{}{}", pair[0], pair[1])));
    all.iter().find_map(|word| gigabytes(word)).or(apart)
}

/// Whether memory that somebody states is that of a product; nothing where the product's own is not known.
pub(crate) fn fits_memory(row: &Accelerator, stated: f64) -> Option<bool> {
    let own = row.memory_gb.as_deref()?.parse::<f64>().ok()?;
    Some(stated >= own * (1.0 - MEMORY_BELOW) && stated <= own * (1.0 + MEMORY_ABOVE))
}

/// Words of a name in lower case.
fn words(name: &str) -> Vec<String> {
    const MOST: usize = 24;
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.take(MOST).map(str::to_ascii_lowercase).collect()
}

/// True when a word, or for `sxm*` one with that beginning, is among them.
fn has(words: &[String], wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => words.iter().any(|word| word.starts_with(beginning)),
        None => words.iter().any(|word| word == wanted),
    }
}

/// True when what stands around a short word says nothing else than what an accelerator is: `A2` is one, `Canon A2` is not.
fn is_alone(catalog: &Catalog, words: &[String], own: &[Box<str>]) -> bool {
    let around = |word: &str| catalog.hardware_word(Topic::AcceleratorMaker, word);
    if words.iter().any(|word| around(word) == Some("named")) {
        return true;
    }
    words.iter().all(|word| {
        own.iter().any(|own| has(std::slice::from_ref(word), own))
            || around(word) == Some("described")
            || gigabytes(word).is_some()
            || word.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// `80gb`, `80g`.
fn gigabytes(word: &str) -> Option<f64> {
    let number = word.strip_suffix("gb").or_else(|| word.strip_suffix('g'))?;
    number.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(sku: &Sku<'_>) -> Vec<String> {
        match sku {
            Sku::One(row) => vec![row.id.to_string()],
            Sku::Several(rows) => rows.iter().map(|row| row.id.to_string()).collect(),
            Sku::Unknown => Vec::new(),
        }
    }

    #[test]
    fn every_own_name_and_number_finds_its_product() {
        let catalog = Catalog::embedded();
        for row in &catalog.tables().accelerator {
            for name in &row.device_names {
                let sku = catalog.sku(Asked { name: Some(name), is_exact: true, ..Asked::default() });
                assert!(ids(&sku).contains(&row.id.to_string()), "{name} of {} gives {:?}", row.id, ids(&sku));
            }
            for pci in &row.pci_ids {
                let sku = catalog.sku(Asked { pci: Some(pci), ..Asked::default() });
                assert!(ids(&sku).contains(&row.id.to_string()), "{pci} of {} gives {:?}", row.id, ids(&sku));
            }
        }
    }

    #[test]
    fn what_people_and_tools_write() {
        let catalog = Catalog::embedded();
        let cases: &[(&str, &[&str])] = &[
            ("NVIDIA H100 80GB HBM3", &["nvidia-h100-sxm"]),
            ("Nvidia H100 SXM5 80 GB", &["nvidia-h100-sxm"]),
            ("H100-PCIe", &["nvidia-h100-pcie"]),
            ("NVIDIA H100 NVL", &["nvidia-h100-nvl"]),
            ("A100-SXM4-80GB", &["nvidia-a100-sxm4-80"]),
            ("NVIDIA A100 40GB PCIe", &["nvidia-a100-pcie-40"]),
            ("L40S", &["nvidia-l40s"]),
            ("NVIDIA RTX 6000 Ada", &["nvidia-rtx-6000-ada"]),
            ("GeForce RTX 5090 D", &["nvidia-rtx-5090-d"]),
            ("Instinct MI300X OAM", &["amd-mi300x"]),
            ("Gaudi 3 HL-325L", &["intel-gaudi3"]),
            ("Ascend 910B3", &["huawei-910b"]),
            ("MTT S4000", &["mthreads-s4000"]),
            ("MLU370-X8", &["cambricon-mlu370-x8"]),
            ("Some Card 9000", &[]),
            ("Canon A2", &[]),
            ("Tesla T4 16GB", &["nvidia-t4"]),
            ("L4 GPU", &["nvidia-l4"]),
            ("Lenovo L40S 48GB PCIe", &["nvidia-l40s"]),
            ("PNY NVIDIA L4", &["nvidia-l4"]),
            ("Dell PERC H200", &[]),
            ("HBM3 80GB", &[]),
            ("HGX B200", &["nvidia-b200"]),
            ("DGX B200", &["nvidia-b200"]),
            ("NVIDIA HGX B200 8-GPU", &["nvidia-b200"]),
            ("DGX B300", &["nvidia-b300"]),
            ("NVIDIA HGX B2000", &[]),
            ("HGX H100", &["nvidia-h100-sxm"]),
            ("DGX-2 V100", &["nvidia-v100-sxm2-32"]),
            ("Lenovo A10", &[]),
            ("Lenovo A10 24GB PCIe", &["nvidia-a10"]),
            ("", &[]),
        ];
        for (name, wanted) in cases {
            let sku = catalog.sku(Asked { name: Some(name), ..Asked::default() });
            assert_eq!(ids(&sku), *wanted, "{name}");
        }
        // a family alone is several products, and memory tells some of them apart
        let family = |memory| catalog.sku(Asked { name: Some("NVIDIA A100"), memory_mib: memory, ..Asked::default() });
        assert!(ids(&family(None)).len() > 3);
        assert!(ids(&family(Some(40_960))).iter().all(|id| id.ends_with("40")));
        let h100 = catalog.sku(Asked { name: Some("NVIDIA H100"), ..Asked::default() });
        assert!(ids(&h100).len() > 2, "{h100:?}");
        let shared =
            catalog.sku(Asked { name: Some("NVIDIA-H100-80GB-HBM3-MIG-1g.10gb"), is_exact: true, ..Asked::default() });
        assert_eq!(ids(&shared), ["nvidia-h100-sxm"]);
        // one number, two products: the name decides, else both are told
        let asked = |name| catalog.sku(Asked { pci: Some("10de:25b6"), name, is_exact: true, ..Asked::default() });
        assert_eq!(ids(&asked(Some("NVIDIA A2"))), ["nvidia-a2"]);
        assert_eq!(ids(&asked(None)), ["nvidia-a16", "nvidia-a2"]);
    }

    #[test]
    fn rows_of_a_folder_add_numbers_boards_names_and_resources() {
        let text = r#"
[[accelerator_name]]
words = ["zz900", "oam"]
accelerators = ["amd-mi300x"]
source = "x"
verification = "recalled"

[[accelerator_board]]
pci = "10de:25b6"
subsystem = "10de:ffff"
accelerator = "nvidia-a16"
source = "x"
verification = "recalled"

[[accelerator_resource]]
name = "chips.example/npu"
vendor = "huawei"
source = "x"
verification = "recalled"
"#;
        let own =
            crate::catalog::Layer { name: "own".to_owned(), files: vec![("own.toml".to_owned(), text.to_owned())] };
        let catalog = Catalog::load(&[crate::catalog::Layer::embedded(), own]).expect("sound");
        let named = catalog.sku(Asked { name: Some("ZZ900 OAM"), ..Asked::default() });
        assert_eq!(ids(&named), ["amd-mi300x"]);
        let board = Asked { pci: Some("10de:25b6"), subsystem: Some("10de:ffff"), ..Asked::default() };
        assert_eq!(ids(&catalog.sku(board)), ["nvidia-a16"]);
        assert!(catalog.accelerator_resource("chips.example/npu").is_some());
    }

    proptest::proptest! {
        #[test]
        fn no_name_panics(name in ".{0,80}", memory in proptest::option::of(0_u64..1 << 40)) {
            let asked = Asked { name: Some(&name), memory_mib: memory, ..Asked::default() };
            let _ = CATALOG.sku(asked);
            let _ = CATALOG.sku(Asked { pci: Some(&name), is_exact: true, ..asked });
        }
    }

    static CATALOG: std::sync::LazyLock<Catalog> = std::sync::LazyLock::new(Catalog::embedded);
}
