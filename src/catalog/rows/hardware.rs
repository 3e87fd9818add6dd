//! Accelerators, the machines that hold them, and the names they go by.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::{CountryCode, Verification};

/// Dense rates in tera operations per second, as written: precision name to figure.
pub type Dense = std::collections::BTreeMap<Text, Text>;

/// What words of hardware are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Heads of lists of assets; they mean a column.
    AssetColumn,
    /// States of assets: `absent` or `stored`.
    AssetStatus,
    /// Words beside the short name of an accelerator: `named` for designers, `maker` for makers of boards,
    /// who make other things too, `described` for what it is.
    AcceleratorMaker,
    /// Words that say that a thing is an accelerator, whoever makes it; they mean `accelerator`.
    AcceleratorSign,
    /// Numbers by which processors tell their designer.
    CoreDesigner,
    /// Beginnings of AWS instance types; they mean the accelerator's family.
    NeuronFamily,
    /// Words in the names of captures that tell the tool, its options or the form and not the machine; they mean `tool`.
    CaptureName,
    /// Kernel modules: of an `accelerator`, of a `display` that may be one, of a network `adapter`.
    DriverModule,
}

rows! {
    /// An accelerator product.
    Accelerator {
        /// `nvidia-h100-sxm`, …
        id: Text,
        /// Name.
        product: Text,
        /// Designer.
        vendor: Text,
        /// Designer's seat.
        vendor_country: CountryCode,
        /// Designer's last owner.
        ultimate_parent: Text,
        /// Its seat.
        ultimate_parent_country: CountryCode,
        /// `datacenter`, `workstation`, `consumer`, `edge`, `cloud_internal`.
        segment: Text,
        /// Architecture.
        #[serde(default)]
        architecture: Option<Text>,
        /// Who makes the chip.
        #[serde(default)]
        foundry: Option<Text>,
        /// Where.
        #[serde(default)]
        fab_countries: Vec<CountryCode>,
        /// Process.
        #[serde(default)]
        process: Option<Text>,
        /// Area of all non-planar logic dies, mm².
        #[serde(default)]
        die_area_mm2: Option<Text>,
        /// Remark on it.
        #[serde(default)]
        die_area_note: Option<Text>,
        /// Dense rates.
        #[serde(default)]
        dense: Dense,
        /// Memory, GB.
        #[serde(default)]
        memory_gb: Option<Text>,
        /// Memory kind.
        #[serde(default)]
        memory_type: Option<Text>,
        /// Memory bandwidth, GB/s.
        #[serde(default)]
        memory_bandwidth_gbs: Option<Text>,
        /// TPP as the table has it; only tests our arithmetic.
        #[serde(default)]
        reference_tpp: Option<Text>,
        /// Precision whose rate gives that TPP, as the table has it; only tests our arithmetic.
        #[serde(default)]
        reference_precision: Option<Text>,
        /// PD as the table has it; only tests our arithmetic.
        #[serde(default)]
        reference_density: Option<Text>,
        /// Class as the table has it; only tests our engine.
        #[serde(default)]
        reference_class: Option<Text>,
        /// Inside the January 2026 limits for CN and MO.
        #[serde(default)]
        case_by_case: Option<Text>,
        /// General Prohibition 10 guidance: `no`, `possible`, `presumed`, `named`.
        #[serde(default)]
        gp10_risk: Option<Text>,
        /// Is-informed letter.
        #[serde(default)]
        licence_letter: Option<Text>,
        /// `vendor:device`, lower case.
        #[serde(default)]
        pci_ids: Vec<Text>,
        /// Names drivers report.
        #[serde(default)]
        device_names: Vec<Text>,
        /// Values of product labels.
        #[serde(default)]
        k8s_labels: Vec<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// A name that a cloud gives to an accelerator it attaches to machines.
    AcceleratorAlias {
        /// As its interfaces write it.
        name: Text,
        /// Provider id.
        provider: Text,
        /// Accelerator id.
        accelerator: Text,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// A cloud instance type with accelerators.
    InstanceType {
        /// Provider id.
        provider: Text,
        /// Seat of the provider as this table has it; only tests the provider's own row.
        #[serde(default)]
        provider_jurisdiction: Option<CountryCode>,
        /// Name.
        name: Text,
        /// Accelerator id.
        #[serde(default)]
        accelerator: Option<Text>,
        /// How many, as written (`8`, `0.5`, `per size`).
        #[serde(default)]
        count: Option<Text>,
        /// GB each.
        #[serde(default)]
        memory_gb: Option<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// What words in a name mean, where drivers, labels and people write it in their own ways.
    AcceleratorName {
        /// Words that must be among those of the name, in lower case; `sxm*` is any word with that beginning.
        words: Vec<Text>,
        /// Words that must not be.
        #[serde(default)]
        without: Vec<Text>,
        /// Accelerators that it may then be: of the rows that fit, those with the most words count.
        accelerators: Vec<Text>,
    }
    /// A system that is bought as one and holds several accelerators.
    AcceleratorSystem {
        /// Words that must be among those of the name, in lower case. Of the rows that fit those with the most words
        /// count.
        words: Vec<Text>,
        /// How many accelerators one holds; absent where systems of that name differ.
        #[serde(default)]
        count: Option<u32>,
    }
    /// A board that tells products apart which share one PCI id.
    AcceleratorBoard {
        /// `vendor:device`, lower case.
        pci: Text,
        /// `vendor:device` of the board.
        subsystem: Text,
        /// Accelerator id.
        accelerator: Text,
    }
    /// A Kubernetes extended resource.
    AcceleratorResource {
        /// Name or its beginning.
        name: Text,
        /// Organisation id of the designer.
        #[serde(default)]
        vendor: Option<Text>,
        /// Whether it is a part of a device, of which a device has more than one: its number is none of devices.
        #[serde(default)]
        is_part: bool,
        /// Market segment of every product that is asked for by it.
        #[serde(default)]
        segment: Option<Text>,
    }
    /// How many of the parts that resources count (`is_part`) a device has.
    AcceleratorCores {
        /// Accelerator.
        accelerator: Text,
        /// How many.
        cores: std::num::NonZeroU32,
    }
    /// Words by which hardware is told in lists and in what tools print.
    HardwareWord {
        /// What they are about.
        topic: Topic,
        /// What they mean there.
        means: Text,
        /// Language, where people write them.
        #[serde(default)]
        language: Option<Text>,
        /// In lower case.
        words: Vec<Text>,
    }
    /// A PCI vendor of accelerators.
    PciVendor {
        /// Four hexadecimal digits.
        id: Text,
        /// Organisation id.
        vendor: Text,
        /// Its names in the PCI ID Repository, in lower case.
        #[serde(default)]
        names: Vec<Text>,
    }
}
