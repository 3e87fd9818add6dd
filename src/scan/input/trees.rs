//! A file as a tree of its format: parsed at most once, with what could be read of one that is broken.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::SourceFile;
use crate::diagnostic::DiagnosticKind;
use crate::parse;
use crate::parse::merge::BOTH_READ;
use crate::scan::facts::Facts;
use crate::scan::words::without_schemas;

/// What no scanner reads in JSON: which tool set which field of a Kubernetes object, a third of what a cluster tells.
const PASSED_OVER: parse::PassedOver<'_> =
    parse::PassedOver { anywhere: &["managedFields"], objects: &[], of_objects: &[] };

/// What no scanner reads of pods and what makes them besides, which is left out of dumps of clusters.
const PASSED_OVER_IN_DUMPS: parse::PassedOver<'_> = parse::PassedOver {
    objects: &[
        ("v1", "Pod"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "ReplicaSet"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("batch/v1", "Job"),
        ("batch/v1", "CronJob"),
    ],
    of_objects: &[
        "status",
        "ports",
        "volumeMounts",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "lifecycle",
        "securityContext",
        "tolerations",
    ],
    ..PASSED_OVER
};

/// Bytes from which on a file is taken for a dump: nobody writes or patches such a file by hand.
pub(super) const DUMP: usize = 8 << 20;

impl SourceFile {
    /// The file as YAML documents; parsed once for all scanners.
    #[must_use]
    pub fn yaml(&self) -> &parse::yaml::Yaml {
        self.yaml.get_or_init(|| match without_schemas(&self.text) {
            Cow::Borrowed(_) => parse::yaml::yaml_of(&self.text),
            Cow::Owned(text) => parse::yaml::yaml_of(&Arc::new(text)),
        })
    }

    /// The file as JSON; parsed once for all scanners.
    ///
    /// # Errors
    /// The syntax error with its span.
    pub fn json(&self) -> Result<&parse::Node, &parse::ParseError> {
        let passed = if self.text.len() < DUMP { PASSED_OVER } else { PASSED_OVER_IN_DUMPS };
        self.json.get_or_init(|| parse::json::json_of(&self.text, passed)).as_ref()
    }

    /// The file as JSON with what stands complete before a syntax error, which is written as a problem. Values of
    /// another shape than the scanner asks for become problems as well.
    ///
    /// # Errors
    /// The syntax error when nothing before it is complete.
    pub fn json_or_part(&self, out: &mut Facts<'_>) -> anyhow::Result<&parse::Node> {
        self.watch_shapes();
        match self.json() {
            Ok(root) => Ok(root),
            Err(error) => self.complete_part(error, out),
        }
    }

    /// As [`Self::json_or_part`], for JSON with comments and trailing commas.
    ///
    /// # Errors
    /// The syntax error when nothing before it is complete.
    pub fn jsonc_or_part(&self, out: &mut Facts<'_>) -> anyhow::Result<&parse::Node> {
        self.watch_shapes();
        match self.jsonc_root() {
            Ok(root) => Ok(root),
            Err(error) => self.complete_part(error, out),
        }
    }

    fn complete_part(&self, error: &parse::ParseError, out: &mut Facts<'_>) -> anyhow::Result<&parse::Node> {
        let part = self.json_part.get_or_init(|| parse::json::readable_part(&self.text, error));
        let (part, problems) = part.as_ref().ok_or_else(|| self.parse_error(error))?;
        for problem in problems {
            out.problem(DiagnosticKind::Malformed, self, Some(problem.span), &problem.message);
        }
        Ok(part)
    }

    /// The file as TOML with what could be read; syntax errors and odd shapes are written as problems.
    pub fn toml_or_part(&self, out: &mut Facts<'_>) -> &parse::Node {
        self.watch_shapes();
        let (root, problems) = self.toml.get_or_init(|| parse::toml::toml_of(&self.text));
        for problem in problems {
            out.problem(DiagnosticKind::Malformed, self, Some(problem.span), &problem.message);
        }
        root
    }

    /// The file as JSON with comments and trailing commas, parsed once.
    ///
    /// # Errors
    /// The syntax error with its span.
    pub fn jsonc_root(&self) -> Result<&parse::Node, &parse::ParseError> {
        self.jsonc.get_or_init(|| parse::json::jsonc_of(&self.text)).as_ref()
    }

    /// The file as TOML with what could be read, for who reads beside another file and says nothing of this one.
    #[must_use]
    pub fn toml_root(&self) -> &parse::Node {
        &self.toml.get_or_init(|| parse::toml::toml(&self.text)).0
    }

    /// From here on it counts as what the scanner asks for the values of the file, see [`Self::tell_odd_shapes`].
    fn watch_shapes(&self) {
        // what scanners before this one asked is theirs
        self.trees().for_each(parse::Node::forget);
        if let Some((Some(root), _)) = self.xml.get() {
            drop(root.misshapen());
        }
        self.watched.store(true, Ordering::Relaxed);
    }

    /// Writes as problems what the scanner asked for as something that it is not, except where it has a word of its
    /// own for it. The engine does this for every file of a scanner; a companion's reader does it itself.
    pub fn tell_odd_shapes(&self, out: &mut Facts<'_>) {
        if !self.watched.swap(false, Ordering::Relaxed) {
            return;
        }
        let odd = self.misshapen();
        if odd.is_empty() {
            return;
        }
        let said = out.lost_at(self.path());
        for odd in odd.iter().filter(|odd| !said.contains(&self.region(odd.span).start)) {
            out.problem(DiagnosticKind::Malformed, self, Some(odd.span), odd.to_string());
        }
    }

    /// What was asked for as something that it is not, in all trees of the file.
    fn misshapen(&self) -> Vec<parse::Misshapen<'_>> {
        let xml = self.xml.get().and_then(|(root, _)| root.as_ref());
        let xml = xml.into_iter().flat_map(|root| root.misshapen());
        self.trees().flat_map(parse::Node::misshapen).chain(xml).collect()
    }

    /// The trees that were made of the file so far.
    fn trees(&self) -> impl Iterator<Item = &parse::Node> {
        let json = [&self.json, &self.jsonc].into_iter().filter_map(|tree| tree.get()?.as_ref().ok());
        let part = self.json_part.get().and_then(|part| Some(&part.as_ref()?.0));
        let toml = self.toml.get().map(|(root, _)| root);
        json.chain(part).chain(toml).chain(self.yaml.get().into_iter().flat_map(|yaml| &yaml.documents))
    }

    /// The file as XML with what had ended before a syntax error, which is written as a problem; parsed once. What the
    /// scanner asks its elements for and they do not hold becomes a problem as well.
    ///
    /// # Errors
    /// The syntax error when nothing before it had ended.
    pub fn xml_or_part(&self, out: &mut Facts<'_>) -> anyhow::Result<Arc<parse::xml::Element>> {
        self.watch_shapes();
        let (root, problem) = self.xml_read();
        if let Some(problem) = problem {
            if root.is_none() {
                return Err(self.parse_error(problem));
            }
            let message = match &*problem.message {
                BOTH_READ => BOTH_READ.to_owned(),
                other => format!("{other}; what stands before it was read"),
            };
            out.problem(DiagnosticKind::Malformed, self, Some(problem.span), message);
        }
        root.clone().ok_or_else(|| anyhow::anyhow!("no element"))
    }

    /// The file as XML with what had ended before a syntax error, for who reads beside another file and says nothing
    /// of this one.
    #[must_use]
    pub fn xml_root(&self) -> Option<Arc<parse::xml::Element>> {
        self.xml_read().0.clone()
    }

    fn xml_read(&self) -> &(Option<Arc<parse::xml::Element>>, Option<parse::ParseError>) {
        self.xml.get_or_init(|| {
            let read = parse::xml::xml_or_part(&self.text);
            (read.root.map(Arc::new), read.problem)
        })
    }

    /// The documents of the file as YAML; syntax errors are written as problems.
    pub fn yaml_or_part<'s>(&'s self, out: &mut Facts<'_>) -> &'s [parse::Node] {
        self.watch_shapes();
        let yaml = self.yaml();
        for problem in &yaml.problems {
            out.problem(DiagnosticKind::Malformed, self, Some(problem.span), &problem.message);
        }
        &yaml.documents
    }
}
