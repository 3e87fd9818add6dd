//! Every provider that is to be known: one resource of each, with the operator and the country that it has.

use std::fmt::Write as _;

use sovaudit::attribution::attribute;
use sovaudit::catalog::Catalog;
use sovaudit::model::{FactRef, Inventory, RelationKind};
use sovaudit::scan::{Options, scan_files};
use sovaudit::text::RelPath;

/// Provider, what is declared, operator, country where a place is written.
const PROVIDERS: [(&str, &str, &str, &str); 40] = [
    (
        "aws",
        "provider \"aws\" {\n  region = \"eu-central-1\"\n}\nresource \"aws_db_instance\" \"it\" {}",
        "aws-emea",
        "DE",
    ),
    (
        "aws-eusc",
        "provider \"aws\" {\n  region = \"eusc-de-east-1\"\n}\nresource \"aws_s3_bucket\" \"it\" {}",
        "aws-esc-org",
        "DE",
    ),
    (
        "aws-cn",
        "provider \"aws\" {\n  region = \"cn-north-1\"\n}\nresource \"aws_s3_bucket\" \"it\" {}",
        "sinnet",
        "CN",
    ),
    (
        "aws-cn, the other region",
        "provider \"aws\" {\n  region = \"cn-northwest-1\"\n}\nresource \"aws_s3_bucket\" \"it\" {}",
        "nwcd",
        "CN",
    ),
    (
        "azurerm in China",
        "resource \"azurerm_kubernetes_cluster\" \"it\" {\n  location = \"chinanorth3\"\n}",
        "21vianet",
        "CN",
    ),
    (
        "aws-gov",
        "provider \"aws\" {\n  region = \"us-gov-west-1\"\n}\nresource \"aws_s3_bucket\" \"it\" {}",
        "amazon",
        "US",
    ),
    (
        "azurerm",
        "resource \"azurerm_kubernetes_cluster\" \"it\" {\n  location = \"francecentral\"\n}",
        "microsoft-ireland",
        "FR",
    ),
    ("azuread", "resource \"azuread_application\" \"it\" {}", "microsoft", ""),
    (
        "google",
        "resource \"google_container_cluster\" \"it\" {\n  location = \"europe-west4\"\n}",
        "google-cloud-emea",
        "NL",
    ),
    (
        "google-beta",
        "resource \"google_sql_database_instance\" \"it\" {\n  provider = google-beta\n  region   = \"europe-west3\"\n}",
        "google-cloud-emea",
        "DE",
    ),
    ("ovh", "resource \"ovh_cloud_project_kube\" \"it\" {\n  region = \"GRA11\"\n}", "ovh", "FR"),
    (
        "openstack",
        "provider \"openstack\" {\n  auth_url = \"https://auth.cloud.ovh.net/v3\"\n  region   = \"SBG5\"\n}\nresource \"openstack_compute_instance_v2\" \"it\" {}",
        "ovh",
        "FR",
    ),
    ("scaleway", "resource \"scaleway_k8s_cluster\" \"it\" {\n  region = \"nl-ams\"\n}", "scaleway-org", "NL"),
    (
        "outscale",
        "provider \"outscale\" {\n  region = \"eu-west-2\"\n}\nresource \"outscale_vm\" \"it\" {}",
        "outscale-org",
        "FR",
    ),
    ("hcloud", "resource \"hcloud_server\" \"it\" {\n  location = \"hel1\"\n}", "hetzner-org", "FI"),
    ("ionoscloud", "resource \"ionoscloud_k8s_cluster\" \"it\" {\n  location = \"de/fra\"\n}", "ionos-org", "DE"),
    ("exoscale", "resource \"exoscale_sks_cluster\" \"it\" {\n  zone = \"ch-gva-2\"\n}", "exoscale-org", "CH"),
    ("stackit", "resource \"stackit_ske_cluster\" \"it\" {\n  region = \"eu01\"\n}", "stackit", "DE"),
    (
        "opentelekomcloud",
        "provider \"opentelekomcloud\" {\n  region   = \"eu-de\"\n  auth_url = \"https://iam.eu-de.otc.t-systems.com/v3\"\n}\nresource \"opentelekomcloud_cce_cluster_v3\" \"it\" {}",
        "deutsche-telekom",
        "DE",
    ),
    ("upcloud", "resource \"upcloud_kubernetes_cluster\" \"it\" {\n  zone = \"fi-hel1\"\n}", "upcloud-org", "FI"),
    (
        "oci",
        "provider \"oci\" {\n  region = \"eu-frankfurt-1\"\n}\nresource \"oci_containerengine_cluster\" \"it\" {}",
        "oracle-nederland",
        "DE",
    ),
    (
        "ibm",
        "provider \"ibm\" {\n  region = \"eu-de\"\n}\nresource \"ibm_container_vpc_cluster\" \"it\" {}",
        "ibm",
        "DE",
    ),
    (
        "alicloud",
        "provider \"alicloud\" {\n  region = \"eu-central-1\"\n}\nresource \"alicloud_db_instance\" \"it\" {}",
        "alibaba-cloud",
        "DE",
    ),
    (
        "tencentcloud",
        "provider \"tencentcloud\" {\n  region = \"eu-frankfurt\"\n}\nresource \"tencentcloud_kubernetes_cluster\" \"it\" {}",
        "tencent",
        "DE",
    ),
    (
        "huaweicloud",
        "provider \"huaweicloud\" {\n  region = \"eu-west-101\"\n}\nresource \"huaweicloud_cce_cluster\" \"it\" {}",
        "huawei-cloud",
        "IE",
    ),
    ("yandex", "resource \"yandex_compute_instance\" \"it\" {\n  zone = \"ru-central1-a\"\n}", "yandex-cloud", "RU"),
    ("nebius", "resource \"nebius_mk8s_v1_cluster\" \"it\" {}", "nebius", ""),
    (
        "digitalocean",
        "resource \"digitalocean_kubernetes_cluster\" \"it\" {\n  region = \"fra1\"\n}",
        "digitalocean-org",
        "DE",
    ),
    ("cloudflare", "resource \"cloudflare_record\" \"it\" {}", "cloudflare", ""),
    ("datadog", "resource \"datadog_monitor\" \"it\" {}", "datadog", ""),
    ("snowflake", "resource \"snowflake_database\" \"it\" {}", "snowflake", ""),
    ("mongodbatlas", "resource \"mongodbatlas_cluster\" \"it\" {}", "mongodb", ""),
    ("confluent", "resource \"confluent_kafka_cluster\" \"it\" {}", "confluent", ""),
    ("databricks", "resource \"databricks_cluster\" \"it\" {}", "databricks", ""),
    ("pinecone", "resource \"pinecone_index\" \"it\" {}", "pinecone", ""),
    ("github", "resource \"github_repository\" \"it\" {}", "github", ""),
    ("gitlab", "resource \"gitlab_project\" \"it\" {}", "gitlab", ""),
    (
        "alicloud-cn",
        "resource \"alicloud_oss_bucket\" \"it\" {}\nprovider \"alicloud\" {\n  region = \"cn-hangzhou\"\n}",
        "alibaba-cloud",
        "CN",
    ),
    (
        "helm",
        "resource \"helm_release\" \"it\" {\n  repository = \"https://charts.example.eu\"\n  chart      = \"app\"\n}",
        "",
        "",
    ),
    (
        "kubernetes",
        "resource \"kubernetes_pod\" \"it\" {\n  metadata {\n    name = \"it\"\n  }\n  spec {\n    container {\n      image = \"quay.io/acme/app:1\"\n    }\n  }\n}",
        "",
        "",
    ),
];

fn found(name: &str, text: &str, catalog: &Catalog) -> Inventory {
    let path = RelPath::new(&format!("{name}/main.tf")).expect("is relative");
    let files = vec![(path, text.as_bytes().to_vec(), None)];
    attribute(scan_files(files, catalog, &Options::default()), catalog, catalog.date())
}

#[test]
fn every_provider_has_its_operator_and_its_country() {
    let catalog = Catalog::embedded();
    let mut wrong = String::new();
    for (name, text, operator, country) in PROVIDERS {
        let inventory = found(name, text, &catalog);
        let is_it = |id: &str| id.starts_with(&format!("resource:{name}/")) && id.ends_with(".it");
        let (mut operators, mut countries, mut seen) = (Vec::new(), Vec::new(), false);
        for (fact, _) in inventory.facts() {
            match fact {
                FactRef::Component { id, .. } => seen |= is_it(id.as_str()),
                FactRef::Relation { from, kind: RelationKind::ProvidedBy, to, .. } if is_it(from.as_str()) => {
                    operators.push(to.rest().to_owned());
                }
                FactRef::Attribute { of, key: "country", value } if is_it(of.as_str()) => {
                    countries.push(value.to_string());
                }
                _ => {}
            }
        }
        let wanted = |one: &str| if one.is_empty() { Vec::new() } else { vec![one.to_owned()] };
        if !seen || operators != wanted(operator) || countries != wanted(country) {
            writeln!(wrong, "{name}: seen {seen}, operators {operators:?}, countries {countries:?}")
                .expect("writes to a String");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Services that run on the clouds of others: those operators, and the country, come with the supplier.
#[test]
fn services_on_the_clouds_of_others_have_their_place_and_both_operators() {
    let catalog = Catalog::embedded();
    let cases: [(&str, &str, &[&str], &[&str]); 9] = [
        (
            "confluent",
            "resource \"confluent_kafka_cluster\" \"it\" {\n  cloud  = \"AWS\"\n  region = \"eu-central-1\"\n}",
            &["aws-emea", "confluent"],
            &["DE"],
        ),
        (
            "confluent by variables",
            "variable \"clouds\" {\n  default = { a = \"AZURE\", b = \"GCP\" }\n}\nresource \"confluent_kafka_cluster\" \"it\" {\n  for_each = var.clouds\n  cloud    = each.value\n  region   = each.key == \"a\" ? \"westeurope\" : \"europe-west9\"\n}",
            &["confluent", "google-cloud-emea", "microsoft-ireland"],
            &["FR", "NL"],
        ),
        (
            "atlas",
            "resource \"mongodbatlas_cluster\" \"it\" {\n  provider_name = \"AWS\"\n  provider_region_name = \"EU_WEST_1\"\n}",
            &["aws-emea", "mongodb"],
            &["IE"],
        ),
        (
            "atlas blocks",
            "resource \"mongodbatlas_advanced_cluster\" \"it\" {\n  replication_specs {\n    region_configs {\n      provider_name = \"AZURE\"\n      region_name   = \"EUROPE_WEST\"\n    }\n    region_configs {\n      provider_name = \"GCP\"\n      region_name   = \"WESTERN_EUROPE\"\n    }\n  }\n}",
            &["google-cloud-emea", "microsoft-ireland", "mongodb"],
            &["BE", "NL"],
        ),
        (
            "atlas values",
            "resource \"mongodbatlas_advanced_cluster\" \"it\" {\n  replication_specs = [{\n    region_configs = [{ provider_name = \"TENANT\", backing_provider_name = \"AWS\", region_name = \"EU_CENTRAL_1\" }]\n  }]\n}",
            &["aws-emea", "mongodb"],
            &["DE"],
        ),
        (
            "pinecone",
            "resource \"pinecone_index\" \"it\" {\n  spec = {\n    serverless = { cloud = \"aws\", region = \"us-east-1\" }\n  }\n}",
            &["amazon", "pinecone"],
            &["US"],
        ),
        (
            "pinecone pods",
            "resource \"pinecone_index\" \"it\" {\n  spec = {\n    pod = { environment = \"us-west1-gcp\" }\n  }\n}",
            &["google", "pinecone"],
            &["US"],
        ),
        (
            "elastic",
            "resource \"ec_deployment\" \"it\" {\n  region = \"azure-westeurope\"\n}",
            &["elastic", "microsoft-ireland"],
            &["NL"],
        ),
        (
            "a cloud without a place",
            "resource \"confluent_network\" \"it\" {\n  cloud = \"AWS\"\n}",
            &["amazon", "confluent"],
            &[],
        ),
    ];
    for (name, text, operators, countries) in cases {
        let inventory = found("it", text, &catalog);
        let of = |wanted: RelationKind| -> Vec<String> {
            let all = inventory.relations().filter(|(from, row)| from.as_str().ends_with(".it") && row.kind == wanted);
            all.map(|(_, row)| row.to.rest().to_owned()).collect()
        };
        let mut seen: Vec<String> = of(RelationKind::ProvidedBy);
        seen.sort();
        assert_eq!(seen, operators, "{name}");
        let mut seen: Vec<String> = Vec::new();
        for (fact, _) in inventory.facts() {
            if let FactRef::Attribute { of, key: "country", value } = fact
                && of.as_str().ends_with(".it")
            {
                seen.push(value.to_string());
            }
        }
        assert_eq!(seen, countries, "{name}");
    }
}

#[test]
fn a_cloud_that_only_a_run_knows_is_told() {
    let catalog = Catalog::embedded();
    let unknown = "variable \"cloud\" {}\nresource \"confluent_kafka_cluster\" \"it\" {\n  cloud = var.cloud\n}";
    let said: Vec<String> = found("it", unknown, &catalog).diagnostics.iter().map(ToString::to_string).collect();
    assert!(
        said.iter().any(|one| one.contains("the cloud of `it/confluent_kafka_cluster.it` is not known")),
        "{said:?}"
    );
}
