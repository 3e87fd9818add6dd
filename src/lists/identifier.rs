//! Identifiers: their check digits and their normal form. What fails its check is a number among others and never an
//! exact key.

use std::borrow::Cow;

use super::{KeyKind, PartyKey};

/// An identifier of a kind in its normal form; a [`KeyKind::Number`] when its check fails; none when nothing is left.
#[must_use]
pub fn key(kind: KeyKind, text: &str) -> Option<PartyKey> {
    match normal(kind, text) {
        Some(value) => Some(PartyKey { kind, value: value.into() }),
        None if matches!(kind, KeyKind::Domain | KeyKind::MailDomain | KeyKind::Mail) => None,
        None => number(text),
    }
}

/// An identifier whose kind is not said: one with check digits that leave little to chance, else a number.
///
/// Ten digits that pass the check of a Russian tax number are right by chance once in ten: kinds like that need a label.
#[must_use]
pub fn guess(text: &str) -> Option<PartyKey> {
    for kind in [KeyKind::Lei, KeyKind::Uscc] {
        if let Some(value) = normal(kind, text) {
            return Some(PartyKey { kind, value: value.into() });
        }
    }
    number(text)
}

/// A Russian tax or registration number, by length and check digits; else as [`guess`].
#[must_use]
pub fn russian(text: &str) -> Option<PartyKey> {
    for kind in [KeyKind::Ogrn, KeyKind::Inn] {
        if let Some(value) = normal(kind, text) {
            return Some(PartyKey { kind, value: value.into() });
        }
    }
    guess(text)
}

fn number(text: &str) -> Option<PartyKey> {
    let value: String = squeezed(text).chars().take(80).collect();
    (value.len() >= 3 && value.bytes().any(|byte| byte.is_ascii_digit()))
        .then(|| PartyKey { kind: KeyKind::Number, value: value.into() })
}

/// The normal form of an identifier; none when it is not one of this kind.
#[must_use]
pub fn normal(kind: KeyKind, text: &str) -> Option<String> {
    let squeezed = squeezed(text);
    let is = |check: fn(&[u8]) -> bool| check(squeezed.as_bytes()).then(|| squeezed.clone());
    match kind {
        KeyKind::Lei => is(is_lei),
        KeyKind::Uscc => is(is_uscc),
        KeyKind::Inn => is(is_inn),
        KeyKind::Ogrn => is(is_ogrn),
        KeyKind::Imo => {
            let digits = squeezed.strip_prefix("IMO").unwrap_or(&squeezed);
            is_imo(digits.as_bytes()).then(|| digits.to_owned())
        }
        KeyKind::Isin => is(is_isin),
        KeyKind::Duns => is(|text| text.len() == 9 && digits(text)),
        KeyKind::Swift => is(is_swift),
        KeyKind::Ticker => is(|text| (1..=20).contains(&text.len())),
        KeyKind::UnReference => {
            let text = text.trim();
            (3..=20).contains(&text.len()).then(|| text.to_owned()).filter(|text| text.contains('.'))
        }
        KeyKind::Wallet => wallet(text),
        KeyKind::Domain => site_domain(text),
        KeyKind::MailDomain => mail(text).map(|(_, domain)| domain),
        KeyKind::Mail => mail(text).map(|(address, _)| address),
        KeyKind::Number => number(text).map(|key| key.value.into_string()),
    }
}

/// A digital currency address without the code of its currency: one address holds many, and lists name some of them.
/// Hexadecimal addresses are written in capitals and without.
fn wallet(text: &str) -> Option<String> {
    let address = text.rsplit(':').next().unwrap_or(text).trim();
    let is_address = address.len() > 8 && address.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let form = if address.starts_with("0x") || address.starts_with("0X") {
        address.to_ascii_lowercase()
    } else {
        address.to_owned()
    };
    is_address.then_some(form)
}

/// Letters and digits in capitals.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

fn digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

fn digit(byte: u8) -> u32 {
    u32::from(byte - b'0')
}

/// The value of a digit or a letter, `A` is 10.
fn value(byte: u8) -> Option<u32> {
    (byte as char).to_digit(36).filter(|_| !byte.is_ascii_lowercase())
}

/// ISO 17442: 20 characters, ISO 7064 mod 97-10.
fn is_lei(text: &[u8]) -> bool {
    if text.len() != 20 || !digits(&text[18..]) {
        return false;
    }
    let rest = text.iter().try_fold(0, |rest, byte| {
        let value = value(*byte)?;
        Some((rest * if value > 9 { 100 } else { 10 } + value) % 97)
    });
    rest == Some(1)
}

/// GB 32100-2015: 18 characters without I, O, S, V, Z, mod 31.
fn is_uscc(text: &[u8]) -> bool {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    if text.len() != 18 || !digits(&text[2..8]) {
        return false;
    }
    let mut weight = 1;
    let mut sum = 0;
    for (at, byte) in text.iter().enumerate() {
        let Some(value) = ALPHABET.iter().position(|known| known == byte) else { return false };
        if at == 17 {
            return value == (31 - sum % 31) % 31;
        }
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    false
}

/// Russian tax number: 10 digits for organisations, 12 for persons.
fn is_inn(text: &[u8]) -> bool {
    const WEIGHTS: [u32; 11] = [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8];
    let check = |count: usize| {
        let sum: u32 =
            text[..count].iter().zip(&WEIGHTS[11 - count..]).map(|(byte, weight)| digit(*byte) * weight).sum();
        sum % 11 % 10 == digit(text[count])
    };
    digits(text)
        && text.iter().any(|byte| *byte != b'0')
        && match text.len() {
            10 => check(9),
            12 => check(10) && check(11),
            _ => false,
        }
}

/// Russian registration number: 13 digits for organisations, 15 for entrepreneurs.
fn is_ogrn(text: &[u8]) -> bool {
    let modulus = match text.len() {
        13 => 11,
        15 => 13,
        _ => return false,
    };
    let (Some((last, front)), true) = (text.split_last(), digits(text)) else { return false };
    let front = front.iter().fold(0_u64, |number, byte| number * 10 + u64::from(digit(*byte)));
    front > 0 && front % modulus % 10 == u64::from(digit(*last))
}

/// Seven digits, weights 7 to 2; the last digit of the sum is the seventh.
fn is_imo(text: &[u8]) -> bool {
    text.len() == 7
        && digits(text)
        && text[..6].iter().zip((2..=7).rev()).map(|(byte, weight)| digit(*byte) * weight).sum::<u32>() % 10
            == digit(text[6])
        && text[0] != b'0'
}

/// ISO 6166: two letters, nine characters, Luhn over the digits of all.
fn is_isin(text: &[u8]) -> bool {
    if text.len() != 12 || !text[..2].iter().all(u8::is_ascii_uppercase) || !text[11].is_ascii_digit() {
        return false;
    }
    let mut expanded = Vec::with_capacity(24);
    for byte in text {
        let Some(value) = value(*byte) else { return false };
        if value > 9 {
            expanded.push(value / 10);
        }
        expanded.push(value % 10);
    }
    let sum: u32 = expanded
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    sum.is_multiple_of(10)
}

/// ISO 9362: bank and country in letters, place, and a branch or none.
fn is_swift(text: &[u8]) -> bool {
    matches!(text.len(), 8 | 11)
        && text[..6].iter().all(u8::is_ascii_uppercase)
        && text[6..].iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// The registrable domain of a website, lower case.
#[must_use]
pub fn site_domain(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = text.split(['/', '?', '#', ' ', ',', ';', '\\', '(', ')']).next()?;
    let host = host.rsplit('@').next()?.split(':').next()?;
    domain(host)
}

/// An e-mail address, lower case, and the registrable domain in it.
#[must_use]
pub fn mail(text: &str) -> Option<(String, String)> {
    let text = text.trim().trim_matches(['<', '>', '.', ',', ';']).to_lowercase();
    let (user, host) = text.split_once('@')?;
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '@' | ',' | ';');
    if user.is_empty() || user.len() > 64 || !user.chars().all(plain) {
        return None;
    }
    let domain = domain(host)?;
    Some((text, domain))
}

fn domain(host: &str) -> Option<String> {
    let host = host.trim_matches('.').to_lowercase();
    let host: Cow<'_, str> = match host.strip_prefix("www.") {
        Some(rest) if rest.contains('.') => Cow::Owned(rest.to_owned()),
        _ => Cow::Owned(host),
    };
    let label = |label: &str| {
        !label.is_empty()
            && label.len() < 64
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if host.len() > 253 || !host.contains('.') || !host.split('.').all(label) {
        return None;
    }
    // a known suffix keeps out addresses in numbers and file names
    let suffix = psl::suffix(host.as_bytes())?;
    if !suffix.is_known() {
        return None;
    }
    psl::domain_str(&host).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits() {
        let fine = [
            (KeyKind::Lei, "253400WSS48YWMBUA688"),
            (KeyKind::Lei, "5299 007N TWCC 3U23 WM81"),
            (KeyKind::Uscc, "9113100033607322XK"),
            (KeyKind::Inn, "7707083893"),
            (KeyKind::Inn, "500100732259"),
            (KeyKind::Ogrn, "1027700132195"),
            (KeyKind::Imo, "IMO 9074729"),
            (KeyKind::Isin, "US0378331005"),
            (KeyKind::Duns, "15-048-3782"),
            (KeyKind::Swift, "SABRRUMM"),
        ];
        for (kind, text) in fine {
            assert!(normal(kind, text).is_some(), "{kind:?} {text}");
        }
        let wrong = [
            (KeyKind::Lei, "253400WSS48YWMBUA689"),
            (KeyKind::Inn, "7707083894"),
            (KeyKind::Inn, "0000000000"),
            (KeyKind::Ogrn, "1027700132196"),
            (KeyKind::Imo, "9074728"),
            (KeyKind::Isin, "US0378331006"),
            (KeyKind::Uscc, "91440300192203821Z"),
            (KeyKind::Swift, "SABR1UMM"),
        ];
        for (kind, text) in wrong {
            assert_eq!(normal(kind, text), None, "{kind:?} {text}");
            assert_eq!(key(kind, text).map(|key| key.kind), Some(KeyKind::Number), "{text}");
        }
    }

    #[test]
    fn a_wallet_is_its_address_whatever_currency_it_holds() {
        let form = |text| normal(KeyKind::Wallet, text);
        let address = "0x00a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3";
        assert_eq!(form("ETH:0x00A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3").as_deref(), Some(address));
        assert_eq!(form(address).as_deref(), Some(address));
        // other addresses tell capitals apart
        assert_eq!(form(" XBT: 1Example1Example1 ").as_deref(), Some("1Example1Example1"));
        assert_eq!((form("XBT:short"), form("ETH:not an address")), (None, None));
    }

    #[test]
    fn domains() {
        assert_eq!(site_domain("https://www.gicdf.org/en?x=1").as_deref(), Some("gicdf.org"));
        assert_eq!(site_domain("WWW.bank.com.cn").as_deref(), Some("bank.com.cn"));
        assert_eq!(site_domain("user@shop.example.co.uk:80/"), Some("example.co.uk".to_owned()));
        for bad in ["127.0.0.1", "localhost", "no site", "", "co.uk", "file.nosuchend", "a..b.com"] {
            assert_eq!(site_domain(bad), None, "{bad}");
        }
        assert_eq!(mail(" Info@GICDF.org."), Some(("info@gicdf.org".into(), "gicdf.org".into())));
        assert_eq!(mail("a b@c.org"), None);
    }
}
