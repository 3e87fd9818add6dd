//! Models that a service runs: named in calls and settings, loaded by nobody here.

use super::ollama::needs_ollama;
use super::reference::{HUGGING_FACE, Hub, hub_id, needs_model_of};
use crate::catalog::Catalog;
use crate::catalog::rows::Service;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::cloud::api::calls_service;
use crate::scan::{Facts, Seen};

/// Longest name of a model.
const LONGEST: usize = 128;

/// `user` needs a model by the name that services know it by. Where the service is known the model runs on it.
/// With `may_be_own`, a name that no family has may be one that the user gave, and is no model. An id of a hub without
/// a service is a model that somebody loads.
pub(crate) fn needs_hosted_model(
    user: &ComponentId,
    text: &str,
    service: Option<&Service>,
    may_be_own: bool,
    catalog: &Catalog,
    seen: &Seen,
    out: &mut Facts<'_>,
) {
    let text = text.trim();
    let is_name = (2..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@+".contains(&byte))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !is_name {
        return;
    }
    if service.is_none() && needs_model_of(HUGGING_FACE, user, text, seen, out).is_some() {
        return;
    }
    let publisher = hub_id(text).and_then(|id| Some(format!("huggingface:{}", id.split_once('/')?.0)));
    let identity = publisher.or_else(|| Some(catalog.model_family(text)?.identity.to_string()));
    if identity.is_none() && service.is_none() {
        return;
    }
    if identity.is_none() && (may_be_own || service.is_some_and(|row| row.provider.as_deref() == Some("azure"))) {
        return;
    }
    let model = ComponentId::model("api", text);
    out.component(&model, ComponentKind::Model, seen.clone());
    out.attribute(&model, key::NAME, text, seen.clone());
    if let Some(identity) = identity {
        out.attribute(&model, key::IDENTITY, identity, seen.clone().inferred());
    }
    out.relation(user, RelationKind::DependsOn, &model, seen.clone());
    if let Some(service) = service {
        out.relation(&model, RelationKind::RunsOn, &ComponentId::of("api", &service.id), seen.clone());
    }
}

/// A model as routers write it: `bedrock/anthropic.claude-…`, `openai:gpt-4o`. With `is_elsewhere` an address of its own
/// is given, and who answers there is not said by the word. Gives the service that is called.
pub(crate) fn routed_model(
    user: &ComponentId,
    text: &str,
    is_elsewhere: bool,
    catalog: &Catalog,
    seen: &Seen,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let split = text.split_once(['/', ':']);
    let Some((route, name)) = split.and_then(|(word, name)| Some((catalog.model_route(word)?, name))) else {
        if catalog.model_family(text).is_some() {
            needs_hosted_model(user, text, None, true, catalog, seen, out);
        }
        return None;
    };
    if let Some(hub) = route.hub.as_deref().and_then(Hub::named)
        && route.service.is_none()
    {
        needs_model_of(hub, user, name, seen, out);
        return None;
    }
    if matches!(&*route.word, "ollama" | "ollama_chat") {
        needs_ollama(user, name, seen, out);
        return None;
    }
    let service = route.service.as_deref().filter(|_| !is_elsewhere).and_then(|id| catalog.service(id));
    let called = service.map(|service| calls_service(user, service, seen, out));
    // Bedrock and others are routed once more: `bedrock/converse/anthropic.claude-…`
    let name = if service.is_some() && name.starts_with("converse/") { &name["converse/".len()..] } else { name };
    if route.service.is_some() {
        needs_hosted_model(user, name, service, true, catalog, seen, out);
    }
    called
}
