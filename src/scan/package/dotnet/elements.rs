//! Elements of MSBuild projects: groups with their conditions, and what items say.

use crate::parse::xml::Element;
use crate::text::Span;

/// True for what is not handed on to who uses the project.
pub(super) fn is_private(item: &Element) -> bool {
    metadata(item, "PrivateAssets").is_some_and(|text| text.to_ascii_lowercase().contains("all"))
}

/// Property groups, item groups and imports of a project in order, with the conditions around them. What has no end
/// holds what was meant to stand beside it.
pub(super) fn sections(project: &Element) -> Vec<(&Element, Vec<&str>)> {
    let mut found = Vec::new();
    let mut open: Vec<(&Element, Vec<&str>)> = project.groups().iter().rev().map(|one| (one, Vec::new())).collect();
    while let Some((element, mut conditions)) = open.pop() {
        let around = element.is_cut().then(|| conditions.clone());
        conditions.extend(element.attribute("Condition"));
        match &*element.name {
            "PropertyGroup" | "ItemGroup" => {
                found.push((element, conditions));
                open.extend(around.into_iter().flat_map(|around| within(element, around)));
            }
            "Import" | "Sdk" if !element.is_cut() => found.push((element, conditions)),
            "Otherwise" => {
                conditions.push("otherwise");
                open.extend(within(element, conditions));
            }
            "Choose" | "When" | "ImportGroup" => open.extend(within(element, conditions)),
            _ => open.extend(around.into_iter().flat_map(|around| within(element, around))),
        }
    }
    found
}

/// What stands in an element, the last first, with conditions that hold for it.
fn within<'e>(element: &'e Element, conditions: Vec<&'e str>) -> impl Iterator<Item = (&'e Element, Vec<&'e str>)> {
    element.groups().iter().rev().map(move |one| (one, conditions.clone()))
}

/// Metadata of an item: an attribute, or an element inside.
pub(super) fn metadata<'e>(item: &'e Element, name: &str) -> Option<&'e str> {
    let same = |is: &str| is.eq_ignore_ascii_case(name);
    let attribute = item.attributes.iter().find(|(is, _)| same(is)).map(|(_, value)| &**value);
    attribute.or_else(|| item.children().iter().find(|child| same(&child.name)).map(|child| child.text()))
}

/// Where metadata of an item stands; without it the item's tag.
pub(super) fn metadata_span(item: &Element, name: &str, text: &str) -> Span {
    let child = || item.children().iter().find(|child| child.name.eq_ignore_ascii_case(name)).map(|child| child.span);
    item.attribute_span(name, text).or_else(child).unwrap_or(item.tag)
}

/// The conditions around an item and its own as one text.
pub(super) fn joined(conditions: &[&str], item: &Element) -> Option<String> {
    let all: Vec<&str> = conditions.iter().copied().chain(item.attribute("Condition")).collect();
    (!all.is_empty()).then(|| all.join(" and "))
}
