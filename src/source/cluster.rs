//! A live cluster, asked only with `--online`: every object that its API lists, as `kubectl get -A -o json` would write
//! them.
//!
//! Only lists are asked for; nothing is changed, no pod is entered, and secrets are never fetched. A kubeconfig may name
//! a program that signs in (`exec`, `auth-provider`): it is started only where that was allowed.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use futures_util::AsyncReadExt as _;
use kube::Resource as _;
use kube::api::{ApiResource, DynamicObject, ListParams};
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use kube::core::Request;
use kube::discovery::{Discovery, verbs};
use kube::{Client, Config};
use serde_json::Value;

use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::text::{RelPath, clean_line, shorten};

const CONNECT: Duration = Duration::from_secs(30);
/// Silence of the API server after which it is given up.
const SILENCE: Duration = Duration::from_secs(60);
/// Objects of one answer; the server gives the rest on the next question.
const PAGE: u32 = 500;
/// Bytes of one answer: 500 objects of the largest size that a cluster stores (1.5 MiB) do not occur together.
const PAGE_BYTES: u64 = 64 << 20;
/// Kinds that hold secrets, or nothing that a rule looks at.
const NEVER: [&str; 8] = [
    "secrets",
    "events",
    "endpoints",
    "bindings",
    "componentstatuses",
    "controllerrevisions",
    "podtemplates",
    "serviceaccounttokens",
];
/// Groups that repeat what others say (measurements), or hold sessions and traffic.
const NEVER_GROUPS: [&str; 9] = [
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "custom.metrics.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "external.metrics.k8s.io",
    "metrics.k8s.io",
];

/// What a cluster said.
pub struct Listed {
    /// The name under which its objects are evidence: `k8s/CONTEXT.json`.
    pub path: RelPath,
    /// One list of all objects.
    pub json: Vec<u8>,
    /// Kinds that could not be listed, and why.
    pub diagnostics: Vec<Diagnostic>,
}

/// Lists the objects of the cluster that `context` of the kubeconfig names, of the current one where it is empty; at
/// most `limit` bytes.
///
/// # Errors
/// When there is no such context, when signing in would start a program and `programs` does not allow it, or when the
/// cluster does not answer.
pub fn list(context: &str, limit: u64, programs: bool) -> anyhow::Result<Listed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (name, client) = connect(context, programs).await?;
        let mut listing = Listing::new(&name, limit)?;
        for resource in resources(&client).await.with_context(|| refused(&name))? {
            listing.add(&client, &resource).await?;
        }
        Ok(listing.finish())
    })
}

async fn connect(context: &str, programs: bool) -> anyhow::Result<(String, Client)> {
    let file = Kubeconfig::read().map_err(|error| {
        anyhow::anyhow!("no kubeconfig can be read ({}); set KUBECONFIG or write ~/.kube/config", told(&error))
    })?;
    let name = if context.is_empty() { file.current_context.clone().unwrap_or_default() } else { context.to_owned() };
    let shown = clean_line(&name).into_owned();
    let Some(entry) = file.contexts.iter().find(|entry| entry.name == name) else {
        let known: Vec<&str> = file.contexts.iter().map(|entry| entry.name.as_str()).collect();
        bail!("the kubeconfig has no context `{shown}`; it has {}", clean_line(&known.join(", ")));
    };
    let user = entry.context.as_ref().and_then(|context| context.user.as_deref()).unwrap_or_default();
    let user = file.auth_infos.iter().find(|entry| entry.name == user).and_then(|entry| entry.auth_info.as_ref());
    if let Some(program) = user.and_then(program) {
        ensure!(
            programs,
            "context `{shown}` signs in by running the program `{}`: allow that with --trust-credential-helpers, or use a \
             context with a token or certificate",
            clean_line(&program)
        );
    }
    let options = KubeConfigOptions { context: Some(name.clone()), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(file, &options).await;
    let mut config = config.map_err(|error| anyhow::anyhow!("context `{shown}` cannot be used: {}", told(&error)))?;
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(SILENCE);
    let client = Client::try_from(config);
    let client = client.map_err(|error| anyhow::anyhow!("context `{shown}` cannot be used: {}", told(&error)))?;
    Ok((name, client))
}

/// The program that a user's entry starts to sign in.
fn program(user: &AuthInfo) -> Option<String> {
    let command = user.exec.as_ref().map(|exec| exec.command.clone().unwrap_or_default());
    command.or_else(|| user.auth_provider.as_ref().map(|provider| provider.name.clone()))
}

/// Everything that can be listed, in the order of group and name: each kind once, in its stable version.
async fn resources(client: &Client) -> anyhow::Result<Vec<ApiResource>> {
    let ask = || Discovery::new(client.clone()).exclude(&NEVER_GROUPS);
    let found = match ask().run_aggregated().await {
        Ok(found) if found.groups().next().is_some() => found,
        // before Kubernetes 1.26, whose answer of another form looks empty
        _ => ask().run().await.map_err(|error| anyhow::anyhow!("{}", told(&error)))?,
    };
    let mut all: Vec<ApiResource> = found
        .groups()
        .flat_map(|group| group.resources_by_stability())
        .filter(|(resource, can)| can.supports_operation(verbs::LIST) && !NEVER.contains(&resource.plural.as_str()))
        .map(|(resource, _)| resource)
        .collect();
    all.sort_by(|a, b| (&a.group, &a.plural).cmp(&(&b.group, &b.plural)));
    Ok(all)
}

/// Objects as they come, one to a line.
struct Listing {
    path: RelPath,
    json: Vec<u8>,
    limit: u64,
    is_full: bool,
    is_empty: bool,
    diagnostics: Vec<Diagnostic>,
}

impl Listing {
    fn new(context: &str, limit: u64) -> anyhow::Result<Self> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        let name: String = context.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
        let name = shorten(&name, 100).replace('…', "");
        let path = RelPath::new(&format!("k8s/{name}.json")).context("the context has no usable name")?;
        let json = b"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[".to_vec();
        Ok(Self { path, json, limit, is_full: false, is_empty: true, diagnostics: Vec::new() })
    }

    /// Asks for one kind, page by page. A kind that is refused is told; a cluster that stops answering is an error.
    async fn add(&mut self, client: &Client, resource: &ApiResource) -> anyhow::Result<()> {
        let mut ask = ListParams::default().limit(PAGE);
        while !self.is_full {
            let page = match page(client, resource, &ask).await {
                Ok(page) => page,
                Err(Refused::Answer(reason)) => {
                    let kind = full_name(resource);
                    self.tell(DiagnosticKind::Unreadable, format!("`{kind}` cannot be listed: {reason}"));
                    return Ok(());
                }
                Err(Refused::Silence(reason)) => bail!("the cluster stopped answering: {reason}"),
            };
            let Value::Object(mut page) = page else { return Ok(()) };
            let items = page.remove("items");
            let Some(Value::Array(items)) = items.filter(|items| items.as_array().is_some_and(|all| !all.is_empty()))
            else {
                // a server that goes on without anything to give would be asked for ever
                return Ok(());
            };
            for item in items {
                self.push(item, resource);
            }
            let next = page.get("metadata").and_then(|metadata| metadata.get("continue")).and_then(Value::as_str);
            match next {
                // a server that gives the same word again would be asked for ever
                Some(next) if !next.is_empty() && ask.continue_token.as_deref() != Some(next) => {
                    ask.continue_token = Some(next.to_owned());
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    fn push(&mut self, mut item: Value, resource: &ApiResource) {
        let Some(object) = item.as_object_mut().filter(|_| !self.is_full) else { return };
        // items of a list of one kind do not say it
        object.insert("apiVersion".to_owned(), resource.api_version.clone().into());
        object.insert("kind".to_owned(), resource.kind.clone().into());
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
            if let Some(notes) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
                notes.remove("kubectl.kubernetes.io/last-applied-configuration");
            }
        }
        let text = item.to_string();
        if (self.json.len() + text.len()) as u64 > self.limit {
            self.is_full = true;
            let message =
                format!("the cluster has more than {} MiB of objects; the rest was not read", self.limit >> 20);
            self.tell(DiagnosticKind::LimitReached, message);
            return;
        }
        self.json.extend_from_slice(if self.is_empty { b"\n" } else { b",\n" });
        self.json.extend_from_slice(text.as_bytes());
        self.is_empty = false;
    }

    fn tell(&mut self, kind: DiagnosticKind, message: String) {
        let path = self.path.clone();
        self.diagnostics.push(Diagnostic { path, at: None, kind, scanner: "cluster".into(), message });
    }

    fn finish(mut self) -> Listed {
        self.json.extend_from_slice(b"\n]}\n");
        Listed { path: self.path, json: self.json, diagnostics: self.diagnostics }
    }
}

/// Why a page did not come.
enum Refused {
    /// The server answered, with a refusal or with something else.
    Answer(String),
    /// It did not answer.
    Silence(String),
}

async fn page(client: &Client, resource: &ApiResource, ask: &ListParams) -> Result<Value, Refused> {
    let answer = |error: &dyn std::error::Error| Refused::Answer(told(error));
    let request = Request::new(DynamicObject::url_path(resource, None)).list(ask).map_err(|error| answer(&error))?;
    let stream = client.request_stream(request).await.map_err(|error| match error {
        kube::Error::Service(_) | kube::Error::HyperError(_) => Refused::Silence(told(&error)),
        kube::Error::Api(status) => Refused::Answer(told(&*status)),
        other => Refused::Answer(told(&other)),
    })?;
    let mut bytes = Vec::new();
    let read = Box::pin(stream).take(PAGE_BYTES).read_to_end(&mut bytes).await;
    read.map_err(|error| Refused::Silence(told(&error)))?;
    if bytes.len() as u64 == PAGE_BYTES {
        return Err(Refused::Answer(format!("one answer has more than {} MiB", PAGE_BYTES >> 20)));
    }
    serde_json::from_slice(&bytes).map_err(|error| answer(&error))
}

fn full_name(resource: &ApiResource) -> String {
    let dot = if resource.group.is_empty() { "" } else { "." };
    clean_line(&format!("{}{dot}{}", resource.plural, resource.group)).into_owned()
}

fn refused(context: &str) -> String {
    format!("the cluster of context `{}` does not tell what it has", clean_line(context))
}

/// The innermost reason, fit for a terminal.
fn told(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    shorten(&clean_line(&last.to_string()), 200).into_owned()
}
