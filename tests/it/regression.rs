//! One short test per mistake that was found in use, named by what went wrong.

use sovaudit::catalog::Catalog;
use sovaudit::model::Date;

/// Entries of people around a company were taken for entries of the company.
#[test]
fn listed_people_do_not_make_a_company_listed() {
    let catalog = Catalog::embedded();
    let day = Date::parse("2026-11-23").expect("is a date");
    for organisation in ["vk", "yandex", "kaspersky", "rostelecom"] {
        for row in catalog.listings(organisation, day).filter(|row| ["US-SDN", "EU-269"].contains(&&*row.list)) {
            assert_eq!(row.about.as_deref(), Some("related-party"), "{organisation}: {} on {}", row.entity, row.list);
        }
    }
    for organisation in ["sber", "tbank", "positive-technologies"] {
        let own = catalog
            .listings(organisation, day)
            .any(|row| row.about.as_deref() == Some("organisation") && &*row.list == "US-SDN");
        assert!(own, "{organisation} is listed itself");
    }
}

/// A listing counts from its day on.
#[test]
fn listings_begin_on_their_day() {
    let catalog = Catalog::embedded();
    let on = |day: &str| {
        catalog
            .listings("tbank", Date::parse(day).expect("is a date"))
            .filter(|row| &*row.list == "US-SDN" && row.listed.is_some())
            .count()
    };
    assert_eq!(on("2023-07-19"), 0);
    assert!(on("2023-07-20") >= 1);
}
