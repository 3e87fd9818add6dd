//! An object on its way through the layers of Kustomize.

use super::super::tree;
use crate::parse::Node;

/// Kinds that lie in no namespace.
const WITHOUT_NAMESPACE: [&str; 22] = [
    "Namespace",
    "Node",
    "PersistentVolume",
    "StorageClass",
    "CSIDriver",
    "VolumeAttachment",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "PriorityClass",
    "RuntimeClass",
    "IngressClass",
    "GatewayClass",
    "CertificateSigningRequest",
    "ClusterIssuer",
    "ClusterSecretStore",
    "ClusterServingRuntime",
];

/// An object, and the names it had before layers changed them: references use any of them.
#[derive(Clone)]
pub(super) struct Resource {
    pub(super) node: Node,
    names: Vec<String>,
    namespaces: Vec<String>,
}

impl Resource {
    pub(super) fn new(node: Node) -> Self {
        let names = name_of(&node).map(str::to_owned).into_iter().collect();
        let namespaces = vec![namespace_of(&node).unwrap_or("").to_owned()];
        Self { node, names, namespaces }
    }

    pub(super) fn kind(&self) -> &str {
        self.node.text_at("kind").unwrap_or("")
    }

    /// Group and version of `apiVersion`.
    pub(super) fn api(&self) -> (&str, &str) {
        let api = self.node.text_at("apiVersion").unwrap_or("");
        api.split_once('/').unwrap_or(("", api))
    }

    pub(super) fn name(&self) -> Option<&str> {
        name_of(&self.node)
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Names and namespaces it ever had.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn namespaces(&self) -> &[String] {
        &self.namespaces
    }

    pub(super) fn has_namespace(&self) -> bool {
        !WITHOUT_NAMESPACE.contains(&self.kind())
    }

    /// Gives it another name at the same place.
    pub(super) fn rename(&mut self, name: String) {
        if let Some(node) = tree::at_mut(&mut self.node, &["metadata", "name"]) {
            *node = tree::text(&name, node.span);
            self.names.push(name);
        }
    }

    /// Puts it into a namespace that stands at `value`.
    pub(super) fn settle(&mut self, value: &Node) {
        let span = self.node.span;
        if let Some(meta) = tree::table_at(&mut self.node, "metadata", span) {
            tree::set(meta, "namespace", value.clone());
            self.namespaces.push(value.text().unwrap_or("").to_owned());
        }
    }

    /// After a change of the whole object: the name may be another one.
    pub(super) fn learn(&mut self) {
        if let Some(name) = name_of(&self.node)
            && !self.is_called(name)
        {
            self.names.push(name.to_owned());
        }
    }
}

fn name_of(node: &Node) -> Option<&str> {
    node.at(&["metadata", "name"]).or_else(|| node.at(&["metadata", "generateName"])).and_then(Node::text)
}

fn namespace_of(node: &Node) -> Option<&str> {
    node.at(&["metadata", "namespace"]).and_then(Node::text)
}
