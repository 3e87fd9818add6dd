//! Kubernetes from end to end: overlays, kinds by rules, dumps of clusters.

use std::fmt::Write as _;
use std::fs;

use sovaudit::attribution::attribute;
use sovaudit::catalog::{Catalog, Layer};
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::{ComponentId, Inventory, RelationKind};
use sovaudit::scan::{Options, scan_directory};

use crate::cli::root;

fn scan(files: &[(&str, &str)], catalog: &Catalog) -> Inventory {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("has one")).expect("writes");
        fs::write(path, text).expect("writes");
    }
    let inventory = scan_directory(folder.path(), catalog, &Options::default()).expect("opens");
    attribute(inventory, catalog, catalog.date())
}

fn has(inventory: &Inventory, from: &str, kind: RelationKind, to: &str) -> bool {
    inventory.relations().any(|(of, row)| of.as_str() == from && row.kind == kind && row.to.as_str() == to)
}

fn fixture(name: &str) -> Inventory {
    let catalog = Catalog::embedded();
    let folder = root().join("fixtures/scanners").join(name);
    let inventory = scan_directory(&folder, &catalog, &Options::default()).expect("opens");
    attribute(inventory, &catalog, catalog.date())
}

fn workloads(inventory: &Inventory) -> Vec<&str> {
    let all = inventory.iter().map(|(id, _)| id.as_str()).filter(|id| id.starts_with("workload:"));
    all.collect()
}

#[test]
fn names_that_others_fill_in_are_unresolved() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: hook}\nspec:\n  template:\n    spec:\n      \
                containers: [{name: a, image: 'ko://example.org/hook/cmd'}]\n---\napiVersion: \
                serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: llm}\nspec:\n  predictor:\n    \
                model: {modelFormat: {name: vllm}, storageUri: 'pvc://${PVC_NAME}/export'}\n";
    let found = scan(&[("all.yaml", text)], &Catalog::embedded());
    let told = |words: &str| {
        found.diagnostics.iter().any(|told| told.kind == DiagnosticKind::Unresolved && told.message.contains(words))
    };
    assert!(told("built by ko"), "{:?}", found.diagnostics);
    assert!(told("pvc://${PVC_NAME}/export"), "{:?}", found.diagnostics);
    assert!(!found.iter().any(|(id, _)| id.as_str().starts_with("model:") || id.as_str().starts_with("image:")));
}

#[test]
fn a_kind_is_a_row_of_the_rules() {
    let rules = r#"
[[object_kind]]
group = "serving.acme.example"
kind = "ModelServer"
what = "serving"
models = ["spec.weights"]
runtimes = ["spec.engine.name"]
images = ["spec.image"]
replicas = ["spec.size"]
source = "test"
verification = "one-source"

[[object_mark]]
place = "provisioner"
word = "disk.acme.example"
what = "block-storage"
provider = "scaleway"
source = "test"
verification = "one-source"
"#;
    let text = "apiVersion: serving.acme.example/v1\nkind: ModelServer\nmetadata: {name: a}\nspec:\n  weights: hf://org/name\n  \
                engine: {name: fast}\n  image: {repository: r.example/server, tag: '1'}\n  size: 2\n---\n\
                apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: s}\nprovisioner: disk.acme.example\n";
    let plain = scan(&[("a.yaml", text)], &Catalog::embedded());
    assert!(workloads(&plain).is_empty());
    let layer = Layer { name: "mine".to_owned(), files: vec![("kinds.toml".to_owned(), rules.to_owned())] };
    let catalog = Catalog::load(&[Layer::embedded(), layer]).expect("is sound");
    let found = scan(&[("a.yaml", text)], &catalog);
    assert_eq!(workloads(&found), ["workload:./ModelServer/default/a"]);
    let workload = "workload:./ModelServer/default/a";
    assert!(has(&found, workload, RelationKind::DependsOn, "model:huggingface/org/name"));
    let known = found.known(&ComponentId::new(workload)).expect("is known");
    assert_eq!(known.values("runtime").map(|value| &**value).collect::<Vec<_>>(), ["fast"]);
    assert_eq!(known.values("replicas").map(|value| &**value).collect::<Vec<_>>(), ["2"]);
    assert!(known.relations().iter().any(|row| row.to.as_str().contains("r.example%2Fserver")));
    assert!(has(&found, "resource:StorageClass/s", RelationKind::ProvidedBy, "org:scaleway-org"));
}

fn values(found: &Inventory, id: &str, key: &str) -> Vec<String> {
    let known = found.known(&ComponentId::new(id));
    known.into_iter().flat_map(|known| known.values(key)).map(|value| value.to_string()).collect()
}

#[test]
fn accelerators_are_asked_for_in_words_of_operators() {
    let found = fixture("kubernetes/requests");
    for (workload, devices) in [
        // 2 replicas on 2 nodes with 4 each, 3 replicas with 1
        ("DynamoGraphDeployment/llm/graph", "nvidia-h100-sxm 19"),
        ("DynamoComponentDeployment/llm/worker", "?/gpu.intel.com/xe 2"),
        ("DynamoGraphDeployment/llm/graph-of-components", "nvidia-h200-sxm 18"),
        ("NIMService/llm/deepseek", "nvidia-b200 16"),
        ("TrainJob/llm/tune", "?/amd.com/gpu 32"),
        ("SparkApplication/llm/etl", "?/nvidia.com/gpu 6"),
        ("VLLMRuntime/llm/runtime", "?/nvidia.com/gpu 2"),
    ] {
        assert_eq!(values(&found, &format!("workload:./{workload}"), "devices"), [devices], "{workload}");
    }
    // one more kind is one more row
    let rules = r#"
[[object_kind]]
group = "serving.acme.example"
kind = "Engine"
what = "serving"
source = "test"
verification = "one-source"

[[device_request]]
group = "serving.acme.example"
kind = "Engine"
each = "spec.parts"
counts = ["cards"]
unnamed = "amd.com/gpu"
times = ["copies"]
source = "test"
verification = "one-source"
"#;
    let text = "apiVersion: serving.acme.example/v1\nkind: Engine\nmetadata: {name: a}\nspec:\n  parts:\n    - {cards: 2, \
                copies: 3}\n    - {cards: 1}\n    - {copies: 9}\n";
    let layer = Layer { name: "mine".to_owned(), files: vec![("kinds.toml".to_owned(), rules.to_owned())] };
    let catalog = Catalog::load(&[Layer::embedded(), layer]).expect("is sound");
    let found = scan(&[("a.yaml", text)], &catalog);
    assert_eq!(values(&found, "workload:./Engine/default/a", "devices"), ["?/amd.com/gpu 7"]);
}

#[test]
fn queues_bring_workloads_to_flavors_of_nodes() {
    let found = fixture("kubernetes/queues");
    let on = |job: &str| {
        let known = found.known(&ComponentId::new(&format!("workload:./Job/team-a/{job}"))).expect("is known");
        let rows = known.relations().iter().filter(|row| row.to.as_str().starts_with("resource:"));
        rows.map(|row| (row.to.rest().to_owned(), row.group.as_ref().map(|group| group.0.to_string())))
            .collect::<Vec<_>>()
    };
    let either = Some("flavors/research/1".to_owned());
    assert_eq!(
        on("either"),
        [("ResourceFlavor/a100-eu".to_owned(), either.clone()), ("ResourceFlavor/h100-us".to_owned(), either)]
    );
    // the taint of the second is not tolerated, and processors come from a flavor of their own
    assert_eq!(on("first"), [("ResourceFlavor/a100-eu".to_owned(), None), ("ResourceFlavor/plain".to_owned(), None)]);
    assert!(on("none").is_empty() && on("astray").is_empty() && on("beyond").is_empty());
    // quotas of the queue and of its cohort add up
    assert_eq!(values(&found, "resource:ResourceFlavor/a100-eu", "devices"), ["nvidia-a100-sxm4-40 20"]);
    assert_eq!(values(&found, "resource:ResourceFlavor/h100-us", "devices"), ["nvidia-h100-sxm 8"]);
    assert!(has(&found, "resource:ResourceFlavor/a100-eu", RelationKind::ProvidedBy, "org:google"));
    assert!(has(&found, "resource:ResourceFlavor/h100-us", RelationKind::HostedIn, "region:aws/us-east-1"));
    let told = |words: &str| {
        found.diagnostics.iter().any(|told| told.kind == DiagnosticKind::Unresolved && told.message.contains(words))
    };
    for words in
        ["no flavor of the cluster queue `research` fits", "queue `team-a/nobody`", "cluster queue `elsewhere`"]
    {
        assert!(told(words), "{words}: {:?}", found.diagnostics);
    }
    assert!(found.attributes().all(|(_, row)| row.key != "queued"));
}

#[test]
fn services_of_clouds_stand_behind_objects() {
    let found = fixture("kubernetes/services");
    let workload = "workload:./StatefulSet/shop/orders";
    for to in [
        "resource:StorageClass/fast",
        "resource:StorageClass/slow",
        "resource:ServiceAccount/shop/orders",
        "resource:ClusterSecretStore/cloud",
        "resource:Service/shop/orders",
        "resource:Ingress/shop/web",
    ] {
        assert!(has(&found, workload, RelationKind::DependsOn, to), "{to}");
    }
    assert!(has(&found, workload, RelationKind::Calls, "api:mistral/api"));
    assert!(has(&found, "resource:NodePool/gpu", RelationKind::HostedIn, "region:aws/eu-central-1"));
    assert!(has(&found, "resource:NodePool/gpu", RelationKind::RunsOn, "accelerator:nvidia-h100-sxm"));
    assert!(has(&found, "resource:StorageClass/slow", RelationKind::ProvidedBy, "org:microsoft"));
    assert!(has(&found, "resource:ClusterSecretStore/cloud", RelationKind::HostedIn, "region:aws/eu-central-1"));
}

#[test]
fn pods_of_a_dump_fold_into_what_made_them_and_nodes_tell_where_it_runs() {
    let found = fixture("kubernetes/dump");
    assert_eq!(
        workloads(&found),
        ["workload:./Deployment/prod/llm", "workload:./Job/prod/nightly-1", "workload:./Pod/kube-system/static",]
    );
    let deployment = "workload:./Deployment/prod/llm";
    assert!(has(&found, deployment, RelationKind::RunsOn, "cluster:cluster"));
    assert!(has(&found, "cluster:cluster", RelationKind::HostedIn, "region:aws/eu-central-1"));
    let images: Vec<&str> = found
        .relations()
        .filter(|(of, row)| of.as_str() == deployment && row.to.as_str().starts_with("pkg:oci/"))
        .map(|(_, row)| row.to.as_str())
        .collect();
    assert!(images.iter().any(|image| image.contains("proxyv2")), "{images:?}");
    assert!(!found.iter().any(|(id, _)| id.as_str().contains("status")));
    let pool = ComponentId::new("resource:cluster/Node/p4d.24xlarge/eu-central-1/NVIDIA-A100-SXM4-40GB");
    let pool = found.known(&pool).expect("is known");
    assert_eq!(pool.values("count").map(|value| &**value).collect::<Vec<_>>(), ["2"]);
    assert!(pool.values("accelerator-count").any(|value| &**value == "16"));
}

#[test]
fn hostile_layers_and_templates_end() {
    let mut files: Vec<(String, String)> = Vec::new();
    // every layer builds on two others: 2^20 ways to the end
    for level in 0..20 {
        let mut text = String::from("resources:\n");
        for next in 0..2 {
            writeln!(text, "- ../l{}x{next}", level + 1).expect("writes to a String");
        }
        for which in 0..2 {
            files.push((format!("l{level}x{which}/kustomization.yaml"), text.clone()));
        }
    }
    files.push(("l20x0/kustomization.yaml".to_owned(), "resources: [a.yaml]\n".to_owned()));
    files.push(("l20x0/a.yaml".to_owned(), "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n".to_owned()));
    files.push(("chart/Chart.yaml".to_owned(), "name: a\nversion: 1.0.0\n".to_owned()));
    let loops = "{{ define \"x\" }}{{ include \"x\" . }}{{ end }}{{ include \"x\" . }}\n";
    files.push(("chart/templates/a.yaml".to_owned(), loops.to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let found = scan(&files, &Catalog::embedded());
    let told: Vec<String> = found.diagnostics.iter().map(ToString::to_string).collect();
    assert!(
        told.iter().any(|line| line.contains("chart/templates/a.yaml") && line.contains("levels deep")),
        "{told:?}"
    );
    assert!(told.iter().any(|line| line.contains("limit-reached")), "{told:?}");
}

const APP: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec:\n  selector: {}\n  template:\n    \
                   metadata: {labels: {app: app}}\n    spec: {containers: [{name: app, image: 'ghcr.io/example/app:1'}]}\n";

#[test]
fn twins_that_differ_are_told_and_stand_in_where_traffic_moves_by_itself() {
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: app\n  annotations: {service.cilium.io/global: 'true'}\n\
                   spec: {selector: {app: app}}\n";
    let overlay =
        |tag: &str| format!("resources: [../../base]\nimages: [{{name: ghcr.io/example/app, newTag: '{tag}'}}]\n");
    let (eu, us, staging) = (overlay("1.4"), overlay("1.5"), overlay("9"));
    let base = "resources: [app.yaml, service.yaml]\n";
    let mut files = vec![
        ("base/kustomization.yaml", base),
        ("base/app.yaml", APP),
        ("base/service.yaml", service),
        ("overlays/prod-eu/kustomization.yaml", eu.as_str()),
        ("overlays/prod-us/kustomization.yaml", us.as_str()),
        ("overlays/staging/kustomization.yaml", staging.as_str()),
    ];
    let catalog = Catalog::embedded();
    let found = scan(&files, &catalog);
    let told: Vec<String> = found.diagnostics.iter().map(ToString::to_string).collect();
    let drift: Vec<&String> = told.iter().filter(|line| line.contains("deployments of one workload differ")).collect();
    assert_eq!(drift.len(), 1, "{told:?}");
    assert!(drift[0].starts_with("overlays/prod-eu/kustomization.yaml:2"), "{drift:?}");
    assert!(drift[0].contains("overlays/prod-us/kustomization.yaml:2"), "{drift:?}");
    let (one, other) =
        ("workload:overlays/prod-eu/Deployment/default/app", "workload:overlays/prod-us/Deployment/default/app");
    assert!(has(&found, one, RelationKind::FailsOverTo, other));
    assert!(has(&found, other, RelationKind::FailsOverTo, one));
    assert!(!workloads(&found).iter().any(|id| id.starts_with("workload:base")));

    files[2].1 = "apiVersion: v1\nkind: Service\nmetadata: {name: app}\nspec: {selector: {app: app}}\n";
    let found = scan(&files, &catalog);
    assert!(!has(&found, one, RelationKind::FailsOverTo, other));
    let known = found.known(&ComponentId::new(one)).expect("is known");
    assert_eq!(known.values("failover").map(|value| &**value).collect::<Vec<_>>(), ["static"]);
}

#[test]
fn a_set_brings_one_folder_to_several_clusters() {
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  generators:\n  \
               - list: {elements: [{cluster: one}, {cluster: two}]}\n  template:\n    metadata: {name: 'app-{{cluster}}'}\n    \
               spec:\n      source: {repoURL: 'https://git.example.org/p.git', path: apps/shop}\n      \
               destination: {name: '{{cluster}}'}\n";
    let clusters = "resource \"aws_eks_cluster\" \"a\" {\n  name = \"one\"\n}\nresource \"scaleway_k8s_cluster\" \"b\" {\n  name = \"two\"\n}\n";
    let found =
        scan(&[("set.yaml", set), ("apps/shop/app.yaml", APP), ("infra/main.tf", clusters)], &Catalog::embedded());
    let workload = ComponentId::new("workload:apps/shop/Deployment/default/app");
    let known = found.known(&workload).expect("is known");
    let on: Vec<(&str, Option<&str>)> = known
        .relations()
        .iter()
        .filter(|row| row.kind == RelationKind::RunsOn)
        .map(|row| (row.to.as_str(), row.group.as_ref().map(|group| &*group.0)))
        .collect();
    assert_eq!(on.len(), 2, "{on:?}");
    assert!(on.iter().all(|(_, group)| *group == Some("clusters")), "{on:?}");
    for name in ["one", "two"] {
        let delivery = format!("delivery:argoproj.io/Application/default/app-{name}");
        assert!(has(&found, workload.as_str(), RelationKind::DeployedBy, &delivery), "{delivery}");
    }
}

/// A cluster generator gives an application for every cluster that the controller knows: the secrets of the tree are some.
#[test]
fn clusters_that_are_registered_elsewhere_are_told_as_not_known() {
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: chat}\nspec:\n  generators:\n  - \
               clusters: {}\n  template:\n    metadata: {name: 'chat-{{name}}'}\n    spec:\n      source: {repoURL: \
               'https://git.example.eu/chat.git', path: deploy}\n      destination: {name: '{{name}}', namespace: chat}\n";
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: north\n  labels: {argocd.argoproj.io/secret-type: \
                  cluster}\nstringData: {name: north, server: 'https://north.example.eu'}\n";
    let deliveries = |files: &[(&str, &str)]| {
        let found = scan(files, &Catalog::embedded());
        let ids: Vec<String> =
            found.iter().map(|(id, _)| id.as_str().to_owned()).filter(|id| id.contains("/Application/")).collect();
        let unresolved = found.diagnostics.iter().filter(|told| told.kind == DiagnosticKind::Unresolved);
        (ids, unresolved.map(ToString::to_string).collect::<Vec<_>>())
    };
    let application = |name: &str| format!("delivery:argoproj.io/Application/default/chat-{name}");
    let (ids, told) = deliveries(&[("set.yaml", set), ("clusters/north.yaml", secret)]);
    assert_eq!(ids, [application("in-cluster"), application("north")]);
    let words = "evaluated for the one cluster whose secret is in the tree; the controller adds all others";
    assert!(told.iter().any(|one| one.starts_with("set.yaml:6:15") && one.contains(words)), "{told:?}");
    // without any secret the controller's own cluster is known
    let (ids, told) = deliveries(&[("set.yaml", set)]);
    assert_eq!(ids, [application("in-cluster")]);
    assert!(told.iter().any(|one| one.contains("only the controller can evaluate")), "{told:?}");
}

/// A volume of a pod's own names a driver: whose storage it is.
#[test]
fn volumes_of_pods_tell_whose_storage_they_use() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: tpu}\nspec:\n  containers: [{name: a, image: r.example/a:1}]\n  \
                volumes:\n  - name: weights\n    csi: {driver: gcsfuse.csi.storage.gke.io, volumeAttributes: {bucketName: \
                w}}\n";
    let found = scan(&[("pod.yaml", text)], &Catalog::embedded());
    let volume = "resource:CSIDriver/gcsfuse.csi.storage.gke.io";
    assert!(has(&found, "workload:./Pod/default/tpu", RelationKind::DependsOn, volume));
    assert!(has(&found, volume, RelationKind::ProvidedBy, "org:google"));
}

/// Settings that workloads take from elsewhere in the tree name services and models as those of their own do.
#[test]
fn settings_of_maps_name_services_and_models() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: chat}\nspec:\n  template:\n    spec:\n      \
                containers:\n      - name: a\n        image: r.example/a:1\n        envFrom: [{configMapRef: {name: \
                s}}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata:\n  ACME_VLLM_MODEL: \
                mistralai/Mistral-Small-3.2-24B-Instruct-2506\n  ACME_ROUTED_MODEL: anthropic/claude\n  ACME_BASE_URL: \
                https://api.openai-compat.model-serving.eu01.onstackit.cloud/v1\n";
    let found = scan(&[("all.yaml", text)], &Catalog::embedded());
    let workload = "workload:./Deployment/default/chat";
    let model = "model:huggingface/mistralai/Mistral-Small-3.2-24B-Instruct-2506";
    assert!(has(&found, workload, RelationKind::DependsOn, model));
    assert!(has(&found, workload, RelationKind::Calls, "api:stackit/inference"));
    assert!(!found.iter().any(|(id, _)| id.as_str().ends_with("anthropic/claude")));
}

/// Settings that a workload of another file takes are not lost: what they name is needed by what stands in the folder.
#[test]
fn settings_of_other_files_are_read() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata:\n  BASE: https://acme.openai.azure.com/\n  notes.md: \
               |\n    see https://eu.openai.azure.com/\n    for more\n";
    let found = scan(&[("deploy/map.yaml", map)], &Catalog::embedded());
    assert!(has(&found, "project:deploy", RelationKind::Calls, "api:azure/openai"));
    let lines: Vec<u32> = found
        .relations()
        .filter(|(from, row)| from.as_str() == "project:deploy" && row.to.as_str() == "api:azure/openai")
        .flat_map(|(_, row)| {
            row.evidence.iter().filter_map(|one| one.sighting()?.place().region).map(|at| at.start.line)
        })
        .collect();
    assert_eq!(lines, [5], "texts of several lines are files and no settings");
}

/// A queue may hand its workloads to other clusters: one of them is enough.
#[test]
fn queues_bring_workloads_to_other_clusters() {
    let queues = "apiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {name: all}\nspec:\n  admissionChecksStrategy: \
                  {admissionChecks: [{name: elsewhere}]}\n---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: \
                  AdmissionCheck\nmetadata: {name: elsewhere}\nspec:\n  controllerName: kueue.x-k8s.io/multikueue\n  parameters: \
                  {apiGroup: kueue.x-k8s.io, kind: MultiKueueConfig, name: two}\n---\napiVersion: \
                  kueue.x-k8s.io/v1beta2\nkind: MultiKueueConfig\nmetadata: {name: two}\nspec: {clusters: [one, other]}\n---\n\
                  apiVersion: kueue.x-k8s.io/v1beta2\nkind: LocalQueue\nmetadata: {name: users, namespace: a}\nspec: \
                  {clusterQueue: all}\n";
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: train, namespace: a, labels: {kueue.x-k8s.io/queue-name: \
               users}}\nspec: {template: {spec: {containers: [{name: a, image: \"registry.example.eu/train:1\"}]}}}\n";
    let clusters = "resource \"aws_eks_cluster\" \"one\" {\n  name = \"one\"\n}\n\
                    resource \"google_container_cluster\" \"other\" {\n  name = \"other\"\n  location = \"europe-west4\"\n}\n";
    let catalog = Catalog::embedded();
    let found = scan(&[("queues.yaml", queues), ("jobs/train.yaml", job), ("infra/main.tf", clusters)], &catalog);
    let workload = "workload:jobs/Job/a/train";
    let known = found.known(&ComponentId::new(workload)).expect("is known");
    let on: Vec<(&str, Option<&str>)> = known
        .relations()
        .iter()
        .filter(|row| row.kind == RelationKind::RunsOn)
        .map(|row| (row.to.as_str(), row.group.as_ref().map(|group| &*group.0)))
        .collect();
    let one = Some("clusters");
    assert_eq!(
        on,
        [("resource:infra/aws_eks_cluster.one", one), ("resource:infra/google_container_cluster.other", one)]
    );
    assert_eq!(values(&found, workload, "failover"), ["automated"]);
}
