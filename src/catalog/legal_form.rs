//! Names of organisations as suppliers write them, for exact comparison: case, punctuation and legal form aside.
//! Anything looser than that is screening and no attribution.

/// Words at the end of a name that say what sort of company it is: those that suppliers of software bear. The many more by
/// which screening compares names (`rules/screening`) would take longer to read than a small scan does.
const FORMS: [&str; 49] = [
    "inc",
    "incorporated",
    "llc",
    "llp",
    "ltd",
    "limited",
    "corp",
    "corporation",
    "co",
    "company",
    "plc",
    "gmbh",
    "ag",
    "se",
    "kg",
    "ev",
    "ug",
    "sa",
    "sas",
    "sarl",
    "srl",
    "spa",
    "bv",
    "nv",
    "vof",
    "ab",
    "as",
    "asa",
    "aps",
    "oy",
    "oyj",
    "sro",
    "doo",
    "zrt",
    "kft",
    "pty",
    "pte",
    "pvt",
    "ooo",
    "pao",
    "jsc",
    "pjsc",
    "kgaa",
    "mbh",
    "eurl",
    "sàrl",
    "ltda",
    "lda",
    "bhd",
];

/// The name in the form in which two writings of it are equal; empty when nothing is left.
#[must_use]
pub fn fold_name(name: &str) -> String {
    // `Red Hat, Inc. <http://…>`, `Sber (Sberbank)`
    let name = name.split(['<', '(']).next().unwrap_or(name);
    let plain: String = name
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| !matches!(c, '.' | '\'' | '’' | '®' | '™' | '"'))
        .map(|c| if c.is_alphanumeric() || matches!(c, '+' | '&') { c } else { ' ' })
        .collect();
    let mut words: Vec<&str> = plain.split_whitespace().collect();
    while words.len() > 1 && words.last().is_some_and(|last| FORMS.contains(last) || *last == "&") {
        words.pop();
    }
    if words.len() > 1 && words[0] == "the" {
        words.remove(0);
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::fold_name;

    #[test]
    fn forms_and_punctuation_do_not_count() {
        for (one, other) in [
            ("Red Hat, Inc. <http://bugzilla.redhat.com/bugzilla>", "red hat"),
            ("SUSE LLC <https://www.suse.com/>", "suse"),
            ("Huawei Technologies Co., Ltd.", "huawei technologies"),
            ("Yandex (MKPAO)", "Yandex"),
            ("OVH SAS", "ovh"),
            ("SAP Deutschland SE & Co. KG", "sap deutschland"),
            ("Beispiel GmbH & Co. KGaA", "beispiel"),
            ("Elastic N.V.", "elastic"),
            ("The Document Foundation", "document foundation"),
            ("Mail.Ru Group", "mailru group"),
        ] {
            assert_eq!(fold_name(one), fold_name(other), "{one}");
        }
        assert_ne!(fold_name("Huawei Cloud"), fold_name("Huawei"));
        assert_eq!(fold_name("Co."), "co", "a name keeps its last word");
        assert_eq!(fold_name(" <x@y.example>"), "");
    }
}
