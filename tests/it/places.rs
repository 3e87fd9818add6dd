//! Where declared resources lie when they do not say it themselves, and what lies nowhere.

use std::collections::BTreeSet;

use sovaudit::attribution::attribute;
use sovaudit::catalog::Catalog;
use sovaudit::model::FactRef;
use sovaudit::scan::{Options, scan_directory};

use crate::cli::sovaudit;
use crate::judging::{findings, report, tree};

const CLUSTER: &str = "resource \"azurerm_resource_group\" \"rg\" {\n  name     = \"rg\"\n  location = \"uaenorth\"\n}\n\
                       resource \"azurerm_kubernetes_cluster\" \"k\" {\n  name     = \"k\"\n  location = \
                       azurerm_resource_group.rg.location\n}\noutput \"id\" {\n  value = \
                       azurerm_kubernetes_cluster.k.id\n}\n";

fn pool(cluster: &str) -> String {
    format!(
        "resource \"azurerm_kubernetes_cluster_node_pool\" \"gpu\" {{\n  kubernetes_cluster_id = {cluster}\n  vm_size = \
         \"Standard_ND96isr_H100_v5\"\n  node_count = 2\n}}\n"
    )
}

/// Values that components have of an attribute, after attribution.
fn values(files: &[(&str, &str)], wanted: &str) -> BTreeSet<String> {
    let folder = tree(files);
    let catalog = Catalog::embedded();
    let found = scan_directory(folder.path(), &catalog, &Options::default()).expect("opens");
    let found = attribute(found, &catalog, catalog.date());
    let all = found.facts().filter_map(|(fact, _)| match fact {
        FactRef::Attribute { of, key, value } if key == wanted => Some(format!("{} {value}", of.as_str())),
        _ => None,
    });
    all.collect()
}

fn set(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|one| (*one).to_owned()).collect()
}

#[test]
fn a_pool_of_nodes_stands_where_its_cluster_does() {
    let one = format!("{CLUSTER}{}", pool("azurerm_kubernetes_cluster.k.id"));
    let nodes = format!("variable \"cluster\" {{}}\n{}", pool("var.cluster"));
    let calls = "module \"k\" {\n  source = \"./k\"\n}\nmodule \"n\" {\n  source  = \"./n\"\n  cluster = \
                 module.k.id\n}\n";
    let trees: [&[(&str, &str)]; 2] =
        [&[("main.tf", &one)], &[("main.tf", calls), ("k/main.tf", CLUSTER), ("n/main.tf", &nodes)]];
    for files in trees {
        let folder = tree(files);
        let (code, found) = report(folder.path(), &[]);
        assert_eq!(code, Some(1), "{files:?}");
        let told = findings(&found, "controlled-accelerator-destination");
        let [told] = told.as_slice() else { panic!("{files:?}: {told:?}") };
        assert_eq!(told["severity"], "critical");
        assert!(told["subject"].as_str().is_some_and(|id| id.ends_with("node_pool.gpu")), "{told}");
    }
}

#[test]
fn pools_of_other_clouds_and_regions_in_blocks() {
    let main = "resource \"ovh_cloud_project_database\" \"db\" {\n  engine = \"postgresql\"\n  nodes {\n    region = \
                \"BHS\"\n  }\n  nodes {\n    region = \"BHS\"\n  }\n}\nresource \"ovh_cloud_project_kube\" \"k\" {\n  \
                region = \"SGP1\"\n}\nresource \"ovh_cloud_project_kube_nodepool\" \"gpu\" {\n  kube_id = \
                ovh_cloud_project_kube.k.id\n  flavor_name = \"h100-380\"\n}\nprovider \"google\" {\n  region = \
                \"europe-west4\"\n}\nresource \"google_container_cluster\" \"c\" {\n  location = \
                \"us-central1\"\n}\nresource \"google_container_node_pool\" \"p\" {\n  cluster = \
                google_container_cluster.c.name\n}\nresource \"google_container_node_pool\" \"q\" {\n  cluster = \
                \"elsewhere\"\n}\n";
    let wanted = [
        "resource:google_container_cluster.c us-central1",
        "resource:google_container_node_pool.p us-central1",
        "resource:google_container_node_pool.q europe-west4",
        "resource:ovh_cloud_project_database.db BHS",
        "resource:ovh_cloud_project_kube.k SGP1",
        "resource:ovh_cloud_project_kube_nodepool.gpu SGP1",
    ];
    assert_eq!(values(&[("main.tf", main)], "region"), set(&wanted));
}

/// A plan knows the id of the cluster only when it is made; what the pool mentions is there.
#[test]
fn a_planned_pool_stands_where_its_cluster_does() {
    let resource = |kind: &str, name: &str, values: &str| {
        format!(
            "{{\"address\": \"{kind}.{name}\", \"mode\": \"managed\", \"type\": \"{kind}\", \"name\": \"{name}\", \
             \"values\": {values}}}"
        )
    };
    let pool = "azurerm_kubernetes_cluster_node_pool";
    let plan = format!(
        "{{\"planned_values\": {{\"root_module\": {{\"resources\": [{}, {}]}}}}, \"configuration\": {{\"root_module\": \
         {{\"resources\": [{{\"address\": \"{pool}.gpu\", \"expressions\": {{\"kubernetes_cluster_id\": {{\"references\": \
         [\"azurerm_kubernetes_cluster.k.id\"]}}}}}}]}}}}}}",
        resource("azurerm_kubernetes_cluster", "k", "{\"location\": \"uaenorth\"}"),
        resource(pool, "gpu", "{\"vm_size\": \"Standard_ND96isr_H100_v5\", \"node_count\": 2}"),
    );
    let wanted = [
        "resource:azurerm_kubernetes_cluster.k uaenorth",
        "resource:azurerm_kubernetes_cluster_node_pool.gpu uaenorth",
    ];
    assert_eq!(values(&[("tfplan.json", &plan)], "region"), set(&wanted));
}

#[test]
fn pools_of_oracle_have_their_machines() {
    let main = "provider \"oci\" {\n  region = \"me-dubai-1\"\n}\nresource \"oci_containerengine_node_pool\" \"gpu\" \
                {\n  cluster_id = \"x\"\n  node_shape = \"BM.GPU.H100.8\"\n  node_config_details {\n    size = 2\n  }\n}\n";
    let folder = tree(&[("main.tf", main)]);
    let (_, found) = report(folder.path(), &[]);
    assert_eq!(findings(&found, "controlled-accelerator-destination").len(), 1, "{found}");
    assert_eq!(found["supply"]["devices"], 16.0, "{}", found["supply"]);
}

/// What a cloud runs everywhere at once has no region, unless the region is of a cloud that others run apart.
#[test]
fn what_is_everywhere_has_no_region() {
    let main = "resource \"aws_cloudfront_distribution\" \"cdn\" {\n  enabled = true\n}\nresource \"aws_route53_zone\" \
                \"z\" {\n  name = \"example.eu\"\n}\nresource \"aws_iam_role\" \"r\" {\n  name = \"r\"\n}\nresource \
                \"aws_wafv2_web_acl\" \"far\" {\n  scope = \"CLOUDFRONT\"\n}\nresource \"aws_wafv2_web_acl\" \"near\" \
                {\n  scope = \"REGIONAL\"\n}\nresource \"aws_route53_resolver_endpoint\" \"e\" {\n  name = \"e\"\n}\n\
                resource \"aws_acm_certificate\" \"c\" {\n  domain_name = \"example.eu\"\n}\n";
    let at = |region: &str| {
        values(&[("main.tf", &format!("provider \"aws\" {{\n  region = \"{region}\"\n}}\n{main}"))], "region")
    };
    let wanted = [
        "resource:aws_acm_certificate.c eu-central-1",
        "resource:aws_route53_resolver_endpoint.e eu-central-1",
        "resource:aws_wafv2_web_acl.near eu-central-1",
    ];
    assert_eq!(at("eu-central-1"), set(&wanted));
    assert_eq!(at("cn-north-1").len(), 7);
}

#[test]
fn replicas_of_one_table_are_one_migration() {
    let main = "provider \"aws\" {\n  region = \"eu-central-1\"\n}\nresource \"aws_dynamodb_table\" \"t\" {\n  name = \
                \"t\"\n  replica {\n    region_name = \"eu-west-1\"\n  }\n  replica {\n    region_name = \
                \"eu-west-3\"\n  }\n}\n";
    let folder = tree(&[("main.tf", main)]);
    let (_, found) = report(folder.path(), &[]);
    for rule in ["api-lock-in", "foreign-control"] {
        assert_eq!(findings(&found, rule).len(), 1, "{rule}");
    }
    let run = sovaudit().arg("plan").arg(folder.path()).output().expect("runs");
    let text = String::from_utf8_lossy(&run.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Wave 1 (1 change)"), "{text}");
    assert!(text.contains("`aws_dynamodb_table.t` with its replicas in `eu-west-1`, `eu-west-3`"), "{text}");
}

const GATEWAY: &str = "model_list:\n- model_name: claude\n  litellm_params:\n    model: \
                       bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0\n    aws_region_name: us-east-1\n- model_name: \
                       gpt\n  litellm_params:\n    model: openai/gpt-4o\n";

/// The configuration of a gateway says the same in a file of its own, in a map of settings and in a chart.
#[test]
fn a_gateway_is_read_where_its_configuration_is_carried() {
    let indented: String = GATEWAY.lines().map(|line| format!("    {line}\n")).collect();
    let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: gw}}\ndata:\n  config.yaml: |\n{indented}");
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: gw}\nspec:\n  template:\n    spec:\n      \
                      containers:\n      - {name: gw, image: 'registry.own.example/gw:1'}\n      volumes: [{name: c, \
                      configMap: {name: gw}}]\n";
    let taken = format!("{deployment}---\n{map}");
    let template = format!(
        "{deployment}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: gw}}\ndata:\n  config.yaml: |\n    \
         model_list:\n    {{{{- range .Values.models }}}}\n    - model_name: x\n      litellm_params:\n        model: {{{{ \
         .id }}}}\n        aws_region_name: us-east-1\n    {{{{- end }}}}\n"
    );
    let chart = "apiVersion: v2\nname: gw\nversion: 1.0.0\n";
    let given = "models:\n- {id: 'bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0'}\n- {id: openai/gpt-4o}\n";
    let trees: [&[(&str, &str)]; 4] = [
        &[("config.yaml", GATEWAY)],
        &[("map.yaml", &map)],
        &[("all.yaml", &taken)],
        &[("Chart.yaml", chart), ("values.yaml", given), ("templates/all.yaml", &template)],
    ];
    for files in trees {
        let services = values(files, "service");
        for service in ["api:aws/bedrock aws/bedrock", "api:openai/api openai/api"] {
            assert!(services.contains(service), "{}: {services:?}", files[0].0);
        }
        assert!(values(files, "region").contains("api:aws/bedrock us-east-1"), "{}", files[0].0);
    }
    let folder = tree(&[("map.yaml", &map)]);
    let (_, found) = report(folder.path(), &[]);
    let told = findings(&found, "foreign-inference");
    assert!(told.iter().any(|told| told["primary"]["line"] == 9), "{told:?}");
}

#[test]
fn machines_that_code_starts_are_found() {
    let code = "import boto3, os, sagemaker\nfrom sagemaker.huggingface import HuggingFaceModel\nREGION = \
                os.getenv(\"AWS_REGION\", \"eu-central-1\")\nsession = \
                sagemaker.Session(boto3.Session(region_name=REGION))\nmodel = HuggingFaceModel(env={\"HF_MODEL_ID\": \
                \"mistralai/Mistral-7B-Instruct-v0.3\"}, role=\"r\")\nN = 2\nmodel.deploy(initial_instance_count=N, \
                instance_type=\"ml.g5.2xlarge\")\n";
    let of = |key: &str| values(&[("app.py", code)], key);
    let endpoint = "api:aws/sagemaker-endpoint";
    assert_eq!(of("region"), set(&[&format!("{endpoint} eu-central-1")]));
    assert_eq!(of("instance-type"), set(&[&format!("{endpoint} ml.g5.2xlarge")]));
    assert_eq!(of("count"), set(&[&format!("{endpoint} 2")]));
    let names = of("name");
    let model = "model:huggingface/mistralai/Mistral-7B-Instruct-v0.3 mistralai/Mistral-7B-Instruct-v0.3";
    assert!(names.contains(model), "{names:?}");
    // the settings may have a name of their own
    let apart = code
        .replace("HuggingFaceModel(env={", "dict()\nhub = {")
        .replace("v0.3\"}, role=\"r\")", "v0.3\"}\nmodel = HuggingFaceModel(env=hub, role=\"r\")");
    assert!(values(&[("app.py", &apart)], "name").contains(model), "{apart}");
}

/// A multi-region lies in a state where it is one, else in a bloc and in no state of it.
#[test]
fn a_place_of_several_states_is_none_of_them() {
    let text = "resource \"google_storage_bucket\" \"eu\" {\n  location = \"EU\"\n}\nresource \"google_storage_bucket\" \"us\" {\n  \
                location = \"US\"\n}\nresource \"google_bigquery_dataset\" \"asia\" {\n  location = \"asia\"\n}\n";
    let files = [("main.tf", text)];
    assert_eq!(values(&files, "country"), set(&["resource:google_storage_bucket.us US"]));
    assert_eq!(values(&files, "within"), set(&["resource:google_storage_bucket.eu EU"]));
    let folder = tree(&files);
    // every member of the bloc is trusted
    let (_, found) = report(folder.path(), &["--profile", "eu"]);
    let told = findings(&found, "foreign-place");
    let subjects: Vec<&str> = told.iter().filter_map(|one| one["subject"].as_str()).collect();
    assert_eq!(subjects, ["resource:google_storage_bucket.us"]);
    assert!(!found["undecided"].to_string().contains("one of several states"), "{:#}", found["undecided"]);
    // some are and others are not: whether it is in one of them is not decided
    let (_, split) = report(folder.path(), &["--profile", "us-defense"]);
    let asked = split["undecided"].as_array().expect("is a list").iter();
    let reasons: Vec<&str> =
        asked.filter(|row| row["rule"] == "foreign-place").filter_map(|row| row["reason"].as_str()).collect();
    assert_eq!(reasons, ["it lies in one of several states, of which only some are meant"]);
    // the law of the bloc reaches there, and no state's is said to
    let rows = found["relations"].as_array().expect("is a list").iter();
    let states: Vec<&str> = rows
        .filter(|row| row["from"] == "region:gcp/eu" && row["kind"] == "hosted-in")
        .filter_map(|row| row["to"].as_str())
        .collect();
    assert_eq!(states, ["jurisdiction:EU"]);
}
