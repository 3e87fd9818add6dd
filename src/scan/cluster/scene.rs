//! The objects of one deployment together: which uses which.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::capture;
use super::carried;
use super::gpu;
use super::gpu_request;
use super::kinds;
use super::logs;
use super::manifest::Object;
use super::mirrors;
use super::nodes;
use super::owners::Owners;
use super::queues;
use super::settings;
use super::sharing;
use super::workload::{self, Ground};
use crate::model::{ComponentId, Horizon, RelationKind, key};
use crate::parse::Node;
use crate::scan::Facts;
use crate::scan::cloud::api::{address_by_number, licence_settings, setting};
use crate::scan::model::setting::setting_model;
use crate::text::Span;

/// Objects by kind and name, what stands for them, and pods by their labels.
pub(super) struct Scene<'a> {
    objects: BTreeMap<(&'a str, &'a str), Vec<&'a Object<'a>>>,
    /// Services that objects stand for, by kind, name and namespace.
    services: BTreeMap<(&'a str, &'a str, &'a str), ComponentId>,
    /// Workloads by namespace and one label of their pods.
    labelled: BTreeMap<(&'a str, &'a str, &'a str), Vec<Labelled<'a>>>,
    /// Maps of settings that a workload takes, by namespace and name.
    taken: RefCell<BTreeSet<(&'a str, &'a str)>>,
}

/// A workload with the labels of its pods.
type Labelled<'a> = (ComponentId, &'a Node);

/// Writes all objects of a deployment and how they use each other.
pub(super) fn write<'a>(objects: &'a [Object<'a>], ground: &Ground<'_>, out: &mut Facts<'_>) {
    let owners = Owners::of(objects);
    let cluster = nodes::write(objects, ground, out);
    let mut scene = Scene {
        objects: BTreeMap::new(),
        services: BTreeMap::new(),
        labelled: BTreeMap::new(),
        taken: RefCell::default(),
    };
    let mut workloads: Vec<(ComponentId, &'a Object<'a>)> = Vec::new();
    let mut pods: Vec<Vec<&'a Node>> = Vec::new();
    let mut images: BTreeSet<(ComponentId, &str)> = BTreeSet::new();
    for object in objects {
        scene.objects.entry((object.kind, object.name)).or_default().push(object);
        sharing::write(object, ground, out);
        mirrors::write(object, ground, out);
        queues::write(object, ground, out);
        let row = kinds::row(object, ground);
        if let Some(row) = row.filter(|row| kinds::is_service(row)) {
            if let Some(id) = kinds::service(row, object, ground, out) {
                scene.services.insert((object.kind, object.name, object.namespace), id);
            }
            continue;
        }
        let parts = workload::Parts::of(object.node);
        match owners.owner(object) {
            Some((kind, name)) => {
                let owner = ComponentId::workload(ground.folder, kind, object.namespace, name);
                workload::folded(object, &parts, (kind, name), &owner, &mut images, ground, out);
            }
            None => {
                let Some(id) = workload::write(object, &parts, row, ground, out) else { continue };
                images.extend(parts.images().map(|image| (id.clone(), image)));
                workloads.push((id, object));
                let mut own = parts.pods;
                let beside = row.map_or_else(Vec::new, |row| gpu_request::beside_of(row, object, ground));
                own.extend(beside.into_iter().filter(|node| !workload::is_pod(node)));
                pods.push(own);
            }
        }
    }
    for ((id, object), pods) in workloads.iter().zip(&pods) {
        if let Some(cluster) = &cluster {
            out.relation(id, RelationKind::RunsOn, cluster, ground.at(object.name_span));
        }
        for pod in pods {
            scene.uses(id, object, pod, ground, out);
        }
        queues::joins(id, object, pods, ground, out);
        scene.claims(id, object, ground, out);
    }
    settings::untaken(objects, &scene.taken.borrow(), ground, out);
    scene.label(&workloads);
    scene.reached(objects, ground, out);
    scene.moved(objects, ground, out);
    capture::write(&scene, objects, ground, out);
}

impl<'a> Scene<'a> {
    pub(super) fn find(&self, kind: &str, name: &str, namespace: &str) -> Option<&'a Object<'a>> {
        let all = self.objects.get(&(kind, name))?;
        let fits = |object: &&&Object<'_>| object.namespace == namespace || object.namespace.is_empty();
        all.iter().find(fits).copied().or_else(|| all.first().copied().filter(|_| namespace.is_empty()))
    }

    fn service(&self, object: &Object<'a>) -> Option<&ComponentId> {
        self.services.get(&(object.kind, object.name, object.namespace))
    }

    /// A workload uses an object by its name: the service behind it, or a word for what lies elsewhere.
    fn use_named(
        &self,
        user: &ComponentId,
        (kind, name, namespace): (&str, &str, &str),
        horizon: Option<Horizon>,
        span: Span,
        ground: &Ground<'_>,
        out: &mut Facts<'_>,
    ) {
        match self.find(kind, name, namespace) {
            Some(object) => {
                if let Some(service) = self.service(object) {
                    out.relation_with(user, RelationKind::DependsOn, service, None, horizon, ground.at(span));
                }
            }
            None => out.attribute(user, key::USES, format!("{kind} {name}"), ground.at(span)),
        }
    }

    /// Accounts, volumes, secrets and configuration of a pod.
    fn uses(&self, id: &ComponentId, object: &Object<'a>, pod: &Node, ground: &Ground<'_>, out: &mut Facts<'_>) {
        let namespace = object.namespace;
        if let Some(account) = pod.get("serviceAccountName").or_else(|| pod.get("serviceAccount"))
            && let Some(name) = account.text().filter(|name| *name != "default")
        {
            self.use_named(id, ("ServiceAccount", name, namespace), None, account.span, ground, out);
        }
        for volume in pod.get("volumes").map_or(&[][..], Node::list) {
            self.volume(id, namespace, volume, ground, out);
        }
        for alias in pod.get("hostAliases").map_or(&[][..], Node::list) {
            if let Some(number) = alias.get("ip")
                && let Some(address) = number.text().and_then(address_by_number)
            {
                out.attribute(id, key::STATIC_ADDRESS, address, ground.at(number.span));
            }
        }
        for claim in pod.get("resourceClaims").map_or(&[][..], Node::list) {
            self.claimed(id, namespace, claim, ground, out);
        }
        for container in workload::containers(pod) {
            for from in container.get("envFrom").map_or(&[][..], Node::list) {
                self.reference(id, namespace, from.get("secretRef"), from.get("configMapRef"), ground, out);
            }
            for setting in container.get("env").map_or(&[][..], Node::list) {
                let Some(from) = setting.get("valueFrom") else { continue };
                self.reference(id, namespace, from.get("secretKeyRef"), from.get("configMapKeyRef"), ground, out);
            }
        }
    }

    /// Devices that a pod claims: by a claim of its own, or one made for it by a template.
    fn claimed(&self, id: &ComponentId, namespace: &str, claim: &Node, ground: &Ground<'_>, out: &mut Facts<'_>) {
        // before 1.31 the names stood under `source`
        let source = claim.get("source").unwrap_or(claim);
        for (key, kind) in
            [("resourceClaimTemplateName", "ResourceClaimTemplate"), ("resourceClaimName", "ResourceClaim")]
        {
            let Some(name) = source.get(key) else { continue };
            let Some(text) = name.text() else { continue };
            match self.find(kind, text, namespace) {
                Some(object) => gpu::claimed(id, object.node, &|class| self.class_product(class), ground, out),
                None => out.attribute(id, key::USES, format!("{kind} {text}"), ground.at(name.span)),
            }
        }
    }

    /// The product that a class of devices is limited to.
    fn class_product(&self, class: &str) -> Option<String> {
        let class = self.find("DeviceClass", class, "")?;
        let selectors = class.node.at(&["spec", "selectors"]).map_or(&[][..], Node::list);
        selectors.iter().find_map(|one| gpu::product_of(one.at(&["cel", "expression"])?.text()?))
    }

    fn volume(&self, id: &ComponentId, namespace: &str, volume: &Node, ground: &Ground<'_>, out: &mut Facts<'_>) {
        if let Some(claim) = volume.at(&["persistentVolumeClaim", "claimName"])
            && let Some(name) = claim.text()
            && let Some(claim) = self.find("PersistentVolumeClaim", name, namespace)
        {
            self.class(id, claim.node.get("spec"), ground, out);
        }
        self.class(id, volume.at(&["ephemeral", "volumeClaimTemplate", "spec"]), ground, out);
        if let Some(class) = volume.at(&["csi", "volumeAttributes", "secretProviderClass"])
            && let Some(name) = class.text()
        {
            self.use_named(id, ("SecretProviderClass", name, namespace), None, class.span, ground, out);
        }
        if let Some(driver) = volume.at(&["csi", "driver"]) {
            settings::inline_volume(id, driver, ground, out);
        }
        let secret = volume.get("secret").and_then(|secret| secret.get("secretName"));
        let map = volume.get("configMap").and_then(|map| map.get("name"));
        self.named(id, namespace, secret, map, ground, out);
    }

    /// The storage class of a claim.
    fn class(&self, id: &ComponentId, claim: Option<&Node>, ground: &Ground<'_>, out: &mut Facts<'_>) {
        if let Some(class) = claim.and_then(|claim| claim.get("storageClassName"))
            && let Some(name) = class.text().filter(|name| !name.is_empty())
        {
            self.use_named(id, ("StorageClass", name, ""), None, class.span, ground, out);
        }
    }

    /// Claims that an object makes for each of its pods.
    fn claims(&self, id: &ComponentId, object: &Object<'a>, ground: &Ground<'_>, out: &mut Facts<'_>) {
        for claim in object.node.at(&["spec", "volumeClaimTemplates"]).map_or(&[][..], Node::list) {
            self.class(id, claim.get("spec"), ground, out);
        }
        // what databases and caches of operators claim stands in a few other places
        for path in [&["spec", "storage"][..], &["spec", "storage", "pvc"], &["spec", "storageSpec"]] {
            let claim = object.node.at(path);
            self.class(id, claim, ground, out);
            if let Some(class) = claim.and_then(|claim| claim.get("storageClass"))
                && let Some(name) = class.text().filter(|name| !name.is_empty())
            {
                self.use_named(id, ("StorageClass", name, ""), None, class.span, ground, out);
            }
        }
    }

    fn reference(
        &self,
        id: &ComponentId,
        namespace: &str,
        secret: Option<&Node>,
        map: Option<&Node>,
        ground: &Ground<'_>,
        out: &mut Facts<'_>,
    ) {
        self.named(
            id,
            namespace,
            secret.and_then(|node| node.get("name")),
            map.and_then(|node| node.get("name")),
            ground,
            out,
        );
    }

    /// A secret that an external store fills, and settings of a configuration map.
    fn named(
        &self,
        id: &ComponentId,
        namespace: &str,
        secret: Option<&Node>,
        map: Option<&Node>,
        ground: &Ground<'_>,
        out: &mut Facts<'_>,
    ) {
        if let Some(map) = map
            && let Some(map) = map.text().and_then(|name| self.find("ConfigMap", name, namespace))
        {
            self.taken.borrow_mut().insert((map.namespace, map.name));
            for entry in map.node.get("data").map_or(&[][..], Node::entries) {
                if let Some(text) = entry.value.scalar() {
                    ground.calls(id, &text, entry.value.span, out);
                    carried::settings_file((&entry.key, &text), id, ground, entry.value.span, out);
                    for sink in logs::sinks(&text) {
                        out.attribute(id, key::LOG_SINK, sink, ground.at(entry.value.span).without_excerpt());
                    }
                    let seen = ground.at(entry.value.span);
                    setting_model(id, (&entry.key, &text), ground.catalog, &seen, out);
                    match &*entry.key {
                        "gridd.conf" => licence_settings(id, &text, ground.catalog, &seen, out),
                        key => setting(id, key, &text, ground.catalog, &seen, out),
                    }
                }
            }
        }
        let Some(secret) = secret else { return };
        let Some(external) = secret.text().and_then(|name| self.external(name, namespace)) else { return };
        let Some(store) = external.node.at(&["spec", "secretStoreRef"]) else { return };
        if let Some(name) = store.text_at("name") {
            let kind = store.text_at("kind").unwrap_or("SecretStore");
            // what was synced stays in the cluster
            let horizon = Some(Horizon::NextDeploy);
            self.use_named(id, (kind, name, namespace), horizon, secret.span, ground, out);
        }
    }

    /// The external secret that fills a secret.
    fn external(&self, secret: &str, namespace: &str) -> Option<&'a Object<'a>> {
        let target =
            |object: &Object<'_>| object.node.at(&["spec", "target", "name"]).and_then(Node::text).map(str::to_owned);
        let same = self.find("ExternalSecret", secret, namespace);
        same.filter(|object| target(object).is_none_or(|name| name == secret)).or_else(|| {
            let all =
                self.objects.range(("ExternalSecret", "")..).take_while(|((kind, _), _)| *kind == "ExternalSecret");
            all.flat_map(|(_, objects)| objects.iter().copied())
                .take(1_000)
                .find(|object| object.namespace == namespace && target(object).as_deref() == Some(secret))
        })
    }

    fn label(&mut self, workloads: &[(ComponentId, &'a Object<'a>)]) {
        for (id, object) in workloads {
            let labels = object.node.at(&["spec", "template", "metadata", "labels"]);
            let Some(labels) = labels.or_else(|| object.node.at(&["metadata", "labels"])) else { continue };
            for entry in labels.entries() {
                let Some(value) = entry.value.text() else { continue };
                let place = (object.namespace, &*entry.key, value);
                self.labelled.entry(place).or_default().push((id.clone(), labels));
            }
        }
    }

    /// Workloads that a service selects.
    pub(super) fn selected(&self, service: &Object<'a>) -> Vec<&ComponentId> {
        let pairs: Vec<(&str, &str)> = service
            .node
            .at(&["spec", "selector"])
            .map_or(&[][..], Node::entries)
            .iter()
            .filter_map(|entry| Some((&*entry.key, entry.value.text()?)))
            .collect();
        let lists = pairs.iter().map(|(key, value)| self.labelled.get(&(service.namespace, *key, *value)));
        let Some(shortest) = lists.min_by_key(|list| list.map_or(0, Vec::len)).flatten() else { return Vec::new() };
        let fits = |labels: &Node| pairs.iter().all(|(key, value)| labels.text_at(key) == Some(value));
        shortest.iter().filter(|(_, labels)| fits(labels)).map(|(id, _)| id).collect()
    }

    /// Workloads whose traffic moves to another leg by itself.
    fn moved(&self, objects: &'a [Object<'a>], ground: &Ground<'_>, out: &mut Facts<'_>) {
        for object in objects.iter().filter(|object| kinds::moves_traffic(kinds::row(object, ground), object, ground)) {
            let mut workloads = if object.kind == "Service" { self.selected(object) } else { Vec::new() };
            for node in object.node.walk() {
                let name =
                    node.at(&["service", "name"]).or_else(|| node.get("serviceName")).or_else(|| node.get("host"));
                let Some(name) = name.and_then(Node::text) else { continue };
                let name = name.split('.').next().unwrap_or(name);
                if let Some(service) = self.find("Service", name, object.namespace) {
                    workloads.extend(self.selected(service));
                }
            }
            for workload in workloads {
                out.attribute(workload, key::FAILOVER, "automated", ground.at(object.name_span));
            }
        }
    }

    /// Load balancers that workloads are reached by: of services themselves, and of ingresses in front of them.
    fn reached(&self, objects: &'a [Object<'a>], ground: &Ground<'_>, out: &mut Facts<'_>) {
        for object in objects {
            let Some(id) = self.service(object) else { continue };
            match object.kind {
                "Service" => {
                    for workload in self.selected(object) {
                        out.relation(workload, RelationKind::DependsOn, id, ground.at(object.name_span));
                    }
                }
                "Ingress" => {
                    let backends = object
                        .node
                        .walk()
                        .filter_map(|node| node.at(&["service", "name"]).or_else(|| node.get("serviceName")));
                    for backend in backends {
                        let service = backend.text().and_then(|name| self.find("Service", name, object.namespace));
                        for workload in service.map_or_else(Vec::new, |service| self.selected(service)) {
                            out.relation(workload, RelationKind::DependsOn, id, ground.at(backend.span));
                        }
                    }
                }
                _ => {}
            }
        }
    }
}
