//! What all evaluating commands share: rules, configuration, profile, day, inventory.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::images;
use super::listing::Listing;
use super::lists::{check_age, rules_of_bundle};
use crate::attribution::{attest, attribute, put_environments};
use crate::catalog::{Catalog, Layer, RuleError, read_folder};
use crate::cli::{Common, DataDir};
use crate::config::Config;
use crate::control::imported::{Sources, rows};
use crate::graph::{Graph, Roots};
use crate::model::{Date, Inventory, key};
use crate::rules::run::{Shared, View};
use crate::rules::{Profile, RuleSet};
use crate::scan::package::cache::{consult, recognised};
use crate::scan::{
    Options, Selection, Selector, SourceFile, hardware, list_directory, sbom, scan_file_as, scan_files,
    scan_files_with, scan_listed,
};
use crate::screening::normalise::Lexicon;
use crate::screening::{Imported, Scope, Screener, THRESHOLD};
use crate::source::directory::Walk;
use crate::source::package_cache::PackageCache;
use crate::target::{Target, scan_image, scan_rootfs, with_images};
use crate::text::clean_line;
use crate::threads::{Home, STACK};

/// Rules and facts.
pub(super) struct Knowledge {
    pub(super) catalog: Catalog,
    pub(super) rules: RuleSet,
    /// Words for screening of all layers, where there are others than the embedded ones: path and text.
    words: Vec<(String, String)>,
}

impl Knowledge {
    /// The words by which names are compared. Reading them takes longer than a small scan, so it is done when asked for.
    ///
    /// # Errors
    /// The mistake in a file of words.
    pub(super) fn lexicon(&self) -> anyhow::Result<Arc<Lexicon>> {
        if self.words.is_empty() {
            return Ok(super::lists::embedded_lexicon());
        }
        Lexicon::read(self.words.iter().map(|(path, text)| (path.as_str(), text.as_str())))
            .map(Arc::new)
            .map_err(|message| anyhow::anyhow!("the words for screening have a mistake: {message}"))
    }
}

impl Knowledge {
    /// Adds what imported lists say of the owners of organisations.
    fn add_owners(&mut self, imported: &Imported, data: &DataDir, as_of: Date) -> anyhow::Result<()> {
        let Some(store) = super::lists::find(data) else { return Ok(()) };
        let lexicon = self.lexicon()?;
        let index = imported.index(&lexicon)?;
        let more = rows(&self.catalog, &Sources::open(&imported.opened, &index, &store)?, as_of)?;
        if !more.is_empty() {
            self.catalog.add(more);
        }
        Ok(())
    }
}

/// Everything an evaluation needs.
pub(super) struct Prepared {
    pub(super) knowledge: Knowledge,
    pub(super) config: Config,
    pub(super) profile: Profile,
    pub(super) as_of: Date,
    pub(super) inventory: Inventory,
    /// The lists in the data directory.
    imported: Option<Imported>,
}

impl Prepared {
    /// What rules look at.
    pub(super) fn view<'v>(
        &'v self,
        graph: &'v Graph<'v>,
        roots: &'v Roots,
        screener: Option<&'v Screener<'v>>,
    ) -> View<'v> {
        let catalog = &self.knowledge.catalog;
        View { graph, catalog, profile: &self.profile, as_of: self.as_of, roots, screener, shared: Shared::default() }
    }
}

/// What names are screened against.
pub(super) struct Screening<'p> {
    lexicon: Arc<Lexicon>,
    imported: Option<&'p Imported>,
    all: BTreeSet<String>,
}

impl<'p> Screening<'p> {
    /// The rules' entries and what was imported.
    pub(super) fn open(prepared: &'p Prepared) -> anyhow::Result<Self> {
        let imported = prepared.imported.as_ref();
        Ok(Self { lexicon: prepared.knowledge.lexicon()?, imported, all: BTreeSet::new() })
    }

    /// The same where a scan has anybody to ask about: imported lists ask about every organisation, the entries of the
    /// rules about vendors and authors only, for their organisations are known by other means.
    pub(super) fn open_for(prepared: &'p Prepared, graph: &Graph<'_>) -> anyhow::Result<Option<Self>> {
        let is_named = |node| [key::VENDOR, key::AUTHOR].iter().any(|key| graph.attribute(node, key).is_some());
        let is_asked = prepared.imported.is_some() || graph.nodes().any(is_named);
        is_asked.then(|| Self::open(prepared)).transpose()
    }

    /// Listed parties that held on the day.
    pub(super) fn screener<'s>(&'s self, catalog: &'s Catalog, as_of: Date) -> anyhow::Result<Screener<'s>> {
        let scope = Scope { catalog, lexicon: &self.lexicon, threshold: THRESHOLD, as_of, lists: &self.all };
        Screener::new(scope, self.imported)
    }
}

/// Loads the embedded rules, those of an imported bundle, and folders on top.
pub(super) fn knowledge(data: &DataDir, folders: &[PathBuf]) -> anyhow::Result<Knowledge> {
    layered(rules_of_bundle(data)?, folders)
}

/// Loads the embedded rules, given layers, and folders on top.
pub(super) fn layered(more: Vec<Layer>, folders: &[PathBuf]) -> anyhow::Result<Knowledge> {
    if more.is_empty() && folders.is_empty() {
        let catalog = Catalog::embedded();
        let rules = RuleSet::embedded(&catalog).map_err(|errors| rule_errors(&errors))?;
        return Ok(Knowledge { catalog, rules, words: Vec::new() });
    }
    let mut layers = vec![Layer::embedded()];
    layers.extend(more);
    for folder in folders {
        let layer =
            read_folder(folder).with_context(|| format!("cannot read the rules folder `{}`", folder.display()))?;
        layers.push(layer);
    }
    let catalog = Catalog::load(&layers).map_err(|errors| rule_errors(&errors))?;
    let rules = RuleSet::load(&layers, &catalog).map_err(|errors| rule_errors(&errors))?;
    let is_word = |(path, _): &&(String, String)| path.starts_with("screening/");
    let all = layers.iter().flat_map(|layer| &layer.files).filter(is_word);
    let words = if layers.iter().skip(1).any(|layer| layer.files.iter().any(|file| is_word(&file))) {
        all.cloned().collect()
    } else {
        Vec::new()
    };
    Ok(Knowledge { catalog, rules, words })
}

fn rule_errors(errors: &[RuleError]) -> anyhow::Error {
    const SHOWN: usize = 10;
    let mut text: Vec<String> = errors.iter().take(SHOWN).map(ToString::to_string).collect();
    if errors.len() > SHOWN {
        text.push(format!("and {} more", errors.len() - SHOWN));
    }
    anyhow::anyhow!("the rule files have mistakes:\n{}", text.join("\n"))
}

/// Reads everything and takes stock.
pub(super) fn prepare(common: &Common) -> anyhow::Result<Prepared> {
    let target = Target::parse(&common.target)?;
    images::check(common, &target)?;
    match (&target, common.online) {
        (Target::Cluster(_), false) => bail!("asking a cluster needs the network: add --online"),
        (Target::Cluster(_), true) | (_, false) => {}
        (_, true) => bail!("`--online` is for k8s:CONTEXT, and `{}` is none; leave it out", common.target),
    }
    let config = config(common, &target)?;
    let selection = Selection::parse(&common.only).context("`--only`")?;
    let mut folders: Vec<PathBuf> = config.rules.iter().map(|folder| beside(&target, folder)).collect();
    folders.extend(common.rules.iter().cloned());
    let options = options(common, &config, selection)?;
    let pool = pool(common)?;
    let listing = Listing::default();
    let load = || {
        let known = knowledge(&common.data, &folders).inspect_err(|_| listing.give_up());
        known.inspect(|known| known.catalog.make_ready(|| listing.is_still_at_it()))
    };
    let (known, listed) = pool.install(|| rayon::join(load, || listing.list(&target, &options)));
    let mut knowledge = known?;
    let rule_ids: Vec<&str> = knowledge.rules.rules.iter().map(|rule| rule.id.as_str()).collect();
    config.check_waivers(&rule_ids)?;
    let as_of = day(common.as_of.as_deref())?;
    let old_lists = check_age(common, as_of)?;
    let profile = profile(common, &config, &knowledge, as_of)?;
    if !options.selection.is_all() {
        // plans, simulations and bills of materials have no place for it
        let note = format!("note: only {} is looked for (--only)", options.selection.words().join(", "));
        let _ = writeln!(std::io::stderr(), "{}", clean_line(&note));
    }
    let caches = caches(common, &config, &target)?;
    let inventory = pool.install(|| {
        let inventory = take_stock(&target, listed, common, &config, &knowledge.catalog, &options)?;
        anyhow::Ok(consult(inventory, &caches, &options.limits))
    })?;
    let imported = super::lists::imported(&common.data)?;
    if let Some(imported) = &imported {
        knowledge.add_owners(imported, &common.data, as_of)?;
    }
    let inventory = put_environments(inventory, &config.environments, &knowledge.catalog, as_of);
    let inventory = attribute(inventory, &knowledge.catalog, as_of);
    let mut inventory = attest(inventory, &config.attestations, &knowledge.catalog, as_of);
    inventory.diagnostics.extend(old_lists);
    inventory.coverage.only.extend(options.selection.words().iter().cloned());
    Ok(Prepared { knowledge, config, profile, as_of, inventory, imported })
}

/// How the target is scanned.
fn options(common: &Common, config: &Config, selection: Selection) -> anyhow::Result<Options> {
    Ok(Options {
        limits: images::limits(&common.images)?,
        excludes: excludes(config.exclude.iter().chain(&common.exclude))?,
        trust_workspace: common.trust_workspace,
        assets: config.asset_mappings()?,
        removed: common.images.show_removed,
        selection,
        ..Options::default()
    })
}

/// The threads for everything that follows. This thread is one of them: it holds most of the memory.
fn pool(common: &Common) -> anyhow::Result<ManuallyDrop<rayon::ThreadPool>> {
    anyhow::ensure!(common.threads.is_none_or(|threads| threads.get() <= 1024), "`--threads` must be 1024 at most");
    let home = Home::here();
    let builder = || {
        rayon::ThreadPoolBuilder::new()
            .num_threads(common.threads.map_or(0, std::num::NonZeroUsize::get))
            .stack_size(STACK)
            .thread_name(|at| format!("scan-{at}"))
            .start_handler(move |at| home.leave(at))
    };
    // a thread that is in a pool already stays there; the pool serves until the program ends
    let own = if has_stack() { builder().use_current_thread().build().ok() } else { None };
    Ok(ManuallyDrop::new(own.map_or_else(|| builder().build(), Ok)?))
}

/// Whether this thread has that much: the system says how much the first one of a program gets.
fn has_stack() -> bool {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max stack size"));
    let soft = line.and_then(|line| line.split_whitespace().next());
    soft.is_some_and(|soft| soft == "unlimited" || soft.parse().is_ok_and(|bytes: usize| bytes >= STACK))
}

/// Package caches of the configuration and of the command line.
fn caches(common: &Common, config: &Config, target: &Target) -> anyhow::Result<Vec<PackageCache>> {
    let named = config.package_caches.iter().map(|folder| beside(target, folder));
    let opened = named.chain(common.package_cache.iter().cloned()).map(|folder| PackageCache::open(&folder));
    let opened = opened.collect::<anyhow::Result<Vec<_>>>()?;
    for cache in &opened {
        let sorts = recognised(cache);
        if !sorts.is_empty() {
            let note = format!("note: the package cache `{}` is read as that of {}", cache.name(), sorts.join(", "));
            // a note that nobody can read is no reason to stop
            let _ = writeln!(std::io::stderr(), "{}", clean_line(&note));
        }
    }
    Ok(opened)
}

fn take_stock(
    target: &Target,
    listed: Option<anyhow::Result<Walk>>,
    common: &Common,
    config: &Config,
    catalog: &Catalog,
    options: &Options,
) -> anyhow::Result<Inventory> {
    match target {
        Target::Directory(folder) => {
            let listed = listed.unwrap_or_else(|| list_directory(folder, options, |_| true));
            let found = listed
                .map(|listed| scan_listed(folder, listed, catalog, options))
                .with_context(|| format!("cannot open the folder `{}`", folder.display()))?;
            pulled(found, common, config, catalog, options)
        }
        Target::Image(image) => scan_image(image, catalog, options, &images::options(&common.images, config)?),
        Target::RootFs(folder) => scan_rootfs(folder, catalog, options),
        Target::File(path) => one_file(path, catalog, options),
        Target::Cluster(context) => {
            pulled(live_cluster(context, common, catalog, options)?, common, config, catalog, options)
        }
        Target::Host(root) => {
            let files = crate::source::host::read(root)?;
            let files = files.into_iter().map(|(path, bytes)| (path, bytes, None)).collect();
            Ok(scan_files_with(&Selector::only(|meta| meta.id == "host"), files, catalog, options))
        }
    }
}

/// With the images that were found, where `--pull` asks for them.
fn pulled(
    found: Inventory,
    common: &Common,
    config: &Config,
    catalog: &Catalog,
    options: &Options,
) -> anyhow::Result<Inventory> {
    if !common.images.pull {
        return Ok(found);
    }
    Ok(with_images(found, catalog, options, &images::options(&common.images, config)?))
}

/// What a live cluster runs.
#[cfg(feature = "cluster")]
fn live_cluster(context: &str, common: &Common, catalog: &Catalog, options: &Options) -> anyhow::Result<Inventory> {
    let listed =
        crate::source::cluster::list(context, options.limits.large_file_bytes, common.images.trust_credential_helpers)?;
    let mut inventory = scan_files(vec![(listed.path, listed.json, None)], catalog, options);
    inventory.diagnostics.extend(listed.diagnostics);
    Ok(inventory)
}

/// Without the client nothing can be asked.
#[cfg(not(feature = "cluster"))]
fn live_cluster(_: &str, _: &Common, _: &Catalog, _: &Options) -> anyhow::Result<Inventory> {
    bail!(
        "this program was built without the feature `cluster`: write `kubectl get -A -o json` to a file and scan that"
    )
}

/// A single file: a bill of materials whatever it is called, else what the scanners that want its name make of it, as
/// if it lay alone in a folder.
fn one_file(path: &Path, catalog: &Catalog, options: &Options) -> anyhow::Result<Inventory> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let relative = crate::text::RelPath::new(&name).with_context(|| format!("`{name}` is no file name"))?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let bytes = crate::source::directory::read(folder, &relative, options.limits.large_file_bytes)
        .map_err(|error| anyhow::anyhow!("cannot read `{}`: {error:?}", path.display()))?;
    let inventory = match sbom::recognise_bytes(&bytes) {
        Some(scanner) => scan_file_as(scanner, relative, bytes, catalog, options),
        None => {
            let found = scan_files(vec![(relative.clone(), bytes.clone(), None)], catalog, options);
            // captures of hardware are called anything
            let text = SourceFile::new(relative.clone(), bytes, None);
            match hardware::recognise(text.text()).filter(|_| found.is_empty()) {
                Some(scanner) => scan_file_as(scanner, relative, text.bytes().to_vec(), catalog, options),
                None => found,
            }
        }
    };
    if inventory.is_empty() && inventory.diagnostics.is_empty() {
        bail!(
            "no scanner finds anything it reads in `{name}`; a target file may be a bill of materials (CycloneDX in JSON \
             or XML, SPDX in JSON, JSON-LD or tag-value) or the output of a hardware tool of any name, or a file under a name that docs/scanners.md lists"
        );
    }
    Ok(inventory)
}

fn config(common: &Common, target: &Target) -> anyhow::Result<Config> {
    if let Some(path) = &common.config {
        return Config::read(path);
    }
    match target {
        Target::Directory(folder) => Config::of_target(folder),
        _ => Ok(Config::default()),
    }
}

fn beside(target: &Target, folder: &str) -> PathBuf {
    match target {
        Target::Directory(root) => root.join(folder),
        _ => PathBuf::from(folder),
    }
}

/// The day asked for, or today.
pub(super) fn day(text: Option<&str>) -> anyhow::Result<Date> {
    match text {
        Some(text) => Date::parse(text).with_context(|| format!("`{text}` is not a date; write it as 2026-11-23")),
        None => Date::parse(&jiff::Zoned::now().date().to_string())
            .context("the clock of this machine gives no date; use --as-of"),
    }
}

fn profile(common: &Common, config: &Config, knowledge: &Knowledge, as_of: Date) -> anyhow::Result<Profile> {
    let id = common.profile.as_deref().or(config.profile.as_deref()).unwrap_or("eu");
    let Some(file) = knowledge.rules.profiles.get(id) else {
        let known: Vec<&str> = knowledge.rules.profiles.keys().map(String::as_str).collect();
        bail!("there is no profile `{id}`; choose one of {}", known.join(", "));
    };
    let mut file = file.clone();
    let home = if common.home.is_empty() { &config.home } else { &common.home };
    if !home.is_empty() {
        file.home = home
            .iter()
            .map(|word| knowledge.catalog.country(word).map_or_else(|| word.clone(), |code| code.to_string()))
            .collect();
    }
    Profile::resolve(file, &knowledge.catalog, as_of).map_err(|message| anyhow::anyhow!("{message}"))
}

fn excludes<'a>(patterns: impl Iterator<Item = &'a String>) -> anyhow::Result<GlobSet> {
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        builder.add(Glob::new(pattern).with_context(|| format!("`{pattern}` is not a glob"))?);
    }
    Ok(builder.build()?)
}
