//! Numbers of devices and their memory, as tools write them in their own ways.

/// A PCI device's numbers, as tools write them in their own ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pci {
    /// `vendor:device`, lower case.
    pub(crate) id: String,
    /// `vendor:device` of the board.
    pub(crate) subsystem: Option<String>,
}

impl Pci {
    /// From two numbers in hexadecimal, with or without `0x`.
    pub(crate) fn of(vendor: &str, device: &str) -> Option<Self> {
        Some(Self { id: format!("{}:{}", hex(vendor)?, hex(device)?), subsystem: None })
    }

    /// The same with the numbers of the board.
    pub(crate) fn on(mut self, vendor: Option<&str>, device: Option<&str>) -> Self {
        let pair = vendor.zip(device).and_then(|(vendor, device)| Some(format!("{}:{}", hex(vendor)?, hex(device)?)));
        self.subsystem = pair.filter(|pair| pair != "0000:0000");
        self
    }

    pub(crate) fn vendor(&self) -> &str {
        self.id.split(':').next().unwrap_or_default()
    }
}

/// Four lower-case digits of a number in hexadecimal.
fn hex(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let sound = (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = sound.then(|| u32::from_str_radix(digits, 16).ok()).flatten()?;
    (number <= 0xffff).then(|| format!("{number:04x}"))
}

/// `81559 MiB`, `192 GB`, `85899345920`: MiB.
pub(crate) fn mebibytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    let factor = match text[end..].trim().to_ascii_lowercase().as_str() {
        "mib" | "mb" | "m" => 1.0,
        "gib" | "gb" | "g" => 1024.0,
        "kib" | "kb" | "k" => 1.0 / 1024.0,
        "" | "b" | "bytes" => 1.0 / (1024.0 * 1024.0),
        _ => return None,
    };
    let mib = number * factor;
    (mib.is_finite() && (1.0..1e9).contains(&mib)).then_some(mib.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_all_their_forms() {
        let id = |vendor, device| Pci::of(vendor, device).map(|pci| pci.id);
        assert_eq!(id("0x10de", "0x2330").as_deref(), Some("10de:2330"));
        assert_eq!(id("1002", "74A1").as_deref(), Some("1002:74a1"));
        assert_eq!(id("0x1da3", "1020 ").as_deref(), Some("1da3:1020"));
        assert_eq!(id("", "1"), None);
        assert_eq!(id("10de", "card"), None);
        assert_eq!(mebibytes("81559 MiB"), Some(81_559));
        assert_eq!(mebibytes("34359738368"), Some(32_768));
        assert_eq!(mebibytes("1e400"), None);
    }
}
