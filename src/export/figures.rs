//! What the clauses ask of a product: rates, areas, bandwidths. TPP and performance density are computed here, always.

use smallvec::SmallVec;

use crate::catalog::Catalog;
use crate::catalog::rows::{Accelerator, Item, MemoryStack};

/// A dense rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Length of the widest input of the multiplication, bits.
    pub bits: u32,
    /// Tera operations per second, a multiplication with its addition counted as two.
    pub tera: f64,
}

/// The figures of a product. What is not known is absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// What kind of item it is.
    pub item: Item,
    /// Dense rates, in the order of their precisions.
    pub rates: SmallVec<[Rate; 6]>,
    /// Area of all non-planar logic dies, mm²; zero when all dies are planar: then there is no density.
    pub area: Option<f64>,
    /// Rate of all links to other circuits, GB/s.
    pub interconnect: Option<f64>,
    /// Bandwidth of its memory, GB/s.
    pub bandwidth: Option<f64>,
    /// Area of the package of memory, mm²; only for memory that is sold by itself.
    pub memory_area: Option<f64>,
    /// Whether it is designed or marketed for data centres.
    pub data_centre: bool,
}

/// A figure that clauses ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    /// Dense rates.
    Rates,
    /// Die area.
    Area,
    /// Rate of links.
    Interconnect,
    /// Bandwidth of memory.
    Bandwidth,
    /// Area of a package of memory.
    MemoryArea,
}

impl Input {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rates, Self::Area, Self::Interconnect, Self::Bandwidth, Self::MemoryArea];

    /// The words for what is missing.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rates => "dense rates",
            Self::Area => "die area",
            Self::Interconnect => "interconnect rate",
            Self::Bandwidth => "memory bandwidth",
            Self::MemoryArea => "area of the memory package",
        }
    }

    /// What is measured, with its unit.
    #[must_use]
    pub fn measure(self) -> (&'static str, &'static str) {
        match self {
            Self::Rates => ("TPP", ""),
            Self::Area => ("die area", " mm2"),
            Self::Interconnect => ("interconnect rate", " GB/s"),
            Self::Bandwidth => ("memory bandwidth", " GB/s"),
            Self::MemoryArea => ("package area", " mm2"),
        }
    }
}

impl Figures {
    /// Of an accelerator's row.
    #[must_use]
    pub fn of(row: &Accelerator, catalog: &Catalog) -> Self {
        let link = catalog.tables().accelerator_link.iter().find(|link| link.accelerator == row.id);
        Self {
            item: Item::Processor,
            rates: row.dense.iter().filter_map(|(name, rate)| Rate::read(name, rate)).collect(),
            area: applicable_area(row),
            interconnect: link.map(|link| link.interconnect_gbs),
            bandwidth: row.memory_bandwidth_gbs.as_deref().and_then(number),
            memory_area: None,
            data_centre: matches!(&*row.segment, "datacenter" | "cloud_internal"),
        }
    }

    /// Of a stack of memory.
    #[must_use]
    pub fn of_stack(row: &MemoryStack) -> Self {
        Self {
            item: Item::Memory,
            rates: SmallVec::new(),
            area: None,
            interconnect: None,
            bandwidth: Some(row.bandwidth_gbs),
            memory_area: row.area_mm2,
            data_centre: true,
        }
    }

    /// The rate that gives the highest TPP.
    #[must_use]
    pub fn best(&self) -> Option<Rate> {
        self.rates.iter().copied().max_by(|a, b| a.performance().total_cmp(&b.performance()))
    }

    /// Total processing performance.
    #[must_use]
    pub fn tpp(&self) -> Option<f64> {
        self.rates.iter().map(|rate| rate.performance()).reduce(f64::max)
    }

    /// Performance density: TPP / area of non-planar dies. `None` when it is not known or there is no such die.
    #[must_use]
    pub fn density(&self) -> Option<f64> {
        Some(self.tpp()? / self.area.filter(|area| *area > 0.0)?)
    }

    /// Bandwidth / area of a package of memory.
    #[must_use]
    pub fn memory_density(&self) -> Option<f64> {
        Some(self.bandwidth? / self.memory_area.filter(|area| *area > 0.0)?)
    }

    /// The same product with another figure.
    #[must_use]
    pub fn with(&self, input: Input, value: f64) -> Self {
        let mut other = self.clone();
        match input {
            Input::Rates => other.rates = SmallVec::from_slice(&[Rate { bits: 1, tera: value }]),
            Input::Area => other.area = Some(value),
            Input::Interconnect => other.interconnect = Some(value),
            Input::Bandwidth => other.bandwidth = Some(value),
            Input::MemoryArea => other.memory_area = Some(value),
        }
        other
    }

    /// A figure, where it is known.
    #[must_use]
    pub fn get(&self, input: Input) -> Option<f64> {
        match input {
            Input::Rates => self.tpp(),
            Input::Area => self.area,
            Input::Interconnect => self.interconnect,
            Input::Bandwidth => self.bandwidth,
            Input::MemoryArea => self.memory_area,
        }
    }
}

impl Rate {
    /// From a precision's name and a figure; `None` when either cannot be read, or the precision decides nothing.
    #[must_use]
    pub fn read(name: &str, figure: &str) -> Option<Self> {
        Some(Self { bits: bits(name)?, tera: number(figure)? })
    }

    /// Rate × bit length.
    #[must_use]
    pub fn performance(self) -> f64 {
        self.tera * f64::from(self.bits)
    }
}

/// Bit length of a precision: the digits at the end of its name. TF32 is left out: its rate never gives a higher product
/// than the 16-bit rate of the same part.
#[must_use]
pub fn bits(name: &str) -> Option<u32> {
    if name == "tf32" {
        return None;
    }
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().ok().filter(|bits| (1..=64).contains(bits))
}

/// Area of non-planar dies: a die on a planar process counts nothing, however large it is.
fn applicable_area(row: &Accelerator) -> Option<f64> {
    let is_planar = row.process.as_deref().is_some_and(|process| process.contains("(planar)"));
    if is_planar { Some(0.0) } else { row.die_area_mm2.as_deref().and_then(number) }
}

/// A figure as tables write it; neither negative nor infinite.
fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0)
}
