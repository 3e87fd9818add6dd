"""Providers: ownership, establishments, certifications, detection."""
import re
from tomlout import mark, markdown_tables

# provider id of the tables -> organisation id, Terraform resource prefixes, name
KNOWN = {
    "aws": ("amazon", ["aws"], "Amazon Web Services"), "aws-esc": ("aws-esc-org", [], "AWS European Sovereign Cloud"),
    "azure": ("microsoft", ["azurerm", "azuread", "azapi"], "Microsoft Azure"), "gcp": ("google", ["google"], "Google Cloud"),
    "oci": ("oracle", ["oci"], "Oracle Cloud"), "ovhcloud": ("ovh", ["ovh"], "OVHcloud"),
    "scaleway": ("scaleway-org", ["scaleway"], "Scaleway"), "outscale": ("outscale-org", ["outscale"], "3DS Outscale"),
    "stackit": ("stackit", ["stackit"], "STACKIT"), "ionos": ("ionos-org", ["ionoscloud"], "IONOS Cloud"),
    "hetzner": ("hetzner-org", ["hcloud"], "Hetzner"), "exoscale": ("exoscale-org", ["exoscale"], "Exoscale"),
    "t-cloud-public": ("deutsche-telekom", ["opentelekomcloud"], "T Cloud Public"), "aruba": ("aruba-org", ["arubacloud"], "Aruba Cloud"),
    "upcloud": ("upcloud-org", ["upcloud"], "UpCloud"), "infomaniak": ("infomaniak-org", ["infomaniak"], "Infomaniak"),
    "cleura": ("cleura-org", [], "Cleura"), "elastx": ("elastx-org", [], "Elastx"), "leaseweb": ("leaseweb-org", ["leaseweb"], "Leaseweb"),
    "numspot": ("numspot-org", ["numspot"], "NumSpot"), "nebius": ("nebius", ["nebius"], "Nebius"),
    "mistral-compute": ("mistral", [], "Mistral Compute"), "evroc": ("evroc-org", ["evroc"], "evroc"),
    "clever-cloud": ("clever-cloud-org", ["clevercloud"], "Clever Cloud"), "safespring": ("safespring-org", [], "Safespring"),
    "cloudferro": ("cloudferro-org", [], "CloudFerro"), "plusserver": ("plusserver-org", [], "plusserver"),
    "s3ns": ("s3ns", [], "S3NS"), "bleu": ("bleu", [], "Bleu"), "delos": ("delos", [], "Delos"), "clarence": ("clarence-org", [], "Clarence"),
    "oracle-eu-sovereign": ("oracle", [], "Oracle EU Sovereign Cloud"),
    "alibaba": ("alibaba-cloud", ["alicloud"], "Alibaba Cloud"), "tencent": ("tencent", ["tencentcloud"], "Tencent Cloud"),
    "huaweicloud": ("huawei-cloud", ["huaweicloud"], "Huawei Cloud"), "ibm": ("ibm", ["ibm"], "IBM Cloud"),
    "coreweave": ("coreweave-org", [], "CoreWeave"), "lambda": ("lambda-org", [], "Lambda"),
    "digitalocean": ("digitalocean-org", ["digitalocean"], "DigitalOcean"), "yandexcloud": ("yandex-cloud", ["yandex"], "Yandex Cloud"),
    "linode": ("akamai", ["linode"], "Akamai Connected Cloud"), "vultr": ("vultr-org", ["vultr"], "Vultr"),
}
EU_ENTITY = {"aws": "aws-emea", "azure": "microsoft-ireland", "gcp": "google-cloud-emea", "oci": "oracle-nederland"}
HOSTS = {
    "aws": ["amazonaws.com", "api.aws", "on.aws"], "aws-esc": ["amazonaws.eu"], "azure": ["azure.com", "windows.net", "azurewebsites.net", "azurecr.io", "azmk8s.io"],
    "gcp": ["googleapis.com", "run.app", "pkg.dev", "gcr.io"], "s3ns": ["s3nsapis.fr"], "ovhcloud": ["ovh.net", "ovh.com", "ovhcloud.com", "cloud.ovh.net"],
    "scaleway": ["scw.cloud", "scaleway.com"], "stackit": ["stackit.cloud", "onstackit.cloud"], "nebius": ["nebius.cloud"],
    "alibaba": ["aliyuncs.com"], "huaweicloud": ["myhuaweicloud.com"], "yandexcloud": ["yandexcloud.net"], "oci": ["oraclecloud.com"],
    "exoscale": ["exo.io"], "outscale": ["outscale.com"],
}
# providers that the table does not hold, whose resources are theirs by their own documentation
DOCUMENTED = {
    "alibaba": "documentation of Alibaba Cloud, Terraform: Alibaba Cloud providers (2023-01-12)",
    "huaweicloud": "reference of the HuaweiCloud Terraform provider, Huawei Technologies Co., Ltd. (2021-02-19)",
    "tencent": "repository tencentcloudstack/terraform-provider-tencentcloud: Terraform Tencent Cloud provider",
    "yandexcloud": "documentation of Yandex Cloud on Terraform, by Yandex.Cloud LLC (2025)",
}


def convert(textual, instance_rows, region_rows):
    tables = {}
    for heading, header, rows in markdown_tables(textual):
        tables.setdefault(heading.split(".")[0].strip(), (header, rows))
    identity = {}
    for cells in tables["1"][1]:
        for ident in re.split(r", ", re.sub(r"\s*\(.*?\)", "", cells[0])):
            identity[ident.strip()] = cells
    def lookup(section):
        out = {}
        for cells in tables[section][1]:
            for ident in re.split(r", ", cells[0]):
                out[ident.strip()] = cells
        return out
    certs, offers, sources = lookup("2"), lookup("3"), lookup("4")
    cert_names = tables["2"][0]
    out = []
    for ident in sorted(set(KNOWN)):
        organisation, prefixes, name = KNOWN[ident]
        row = {"id": ident, "name": name, "organisation": organisation, "eu_entity": EU_ENTITY.get(ident), "terraform_prefixes": prefixes, "realms": {"aws-esc": ["aws-eusc"]}.get(ident), "host_suffixes": HOSTS.get(ident, [])}
        about = identity.get(ident)
        if about:
            row |= {"seat": about[1], "owner": about[2], "establishments": codes(about[3]), "note": about[4] if about[4] != "-" else None,
                    "source": "provider table, " + about[5], "verification": mark(about[6])}
        else:
            row |= {"source": DOCUMENTED.get(ident, "named in the region and instance tables"),
                    "verification": "one-source" if ident in DOCUMENTED else "recalled"}
        if ident in certs:
            cells = certs[ident]
            row["certifications"] = [f"{title}: {cells[i]}" for i, title in enumerate(cert_names) if 0 < i < len(cert_names) - 2 and cells[i] not in ("-", "?", "no")]
        if ident in offers:
            cells = offers[ident]
            row |= {"accelerators": cells[1], "kubernetes": cells[2], "object_storage": cells[3], "postgresql": cells[4],
                    "ai_service": cells[5], "identity": cells[6], "offer_verification": mark(cells[7])}
        key = {"oci": "oracle"}.get(ident, ident)
        if key in sources:
            row["terraform_sources"] = re.findall(r"\b[A-Za-z0-9-]+/[a-z0-9]+\b", sources[key][1])
            row["regions_text"] = sources[key][2]
        out.append(row)
    return out


def codes(cell):
    return sorted(set(re.findall(r"\b[A-Z]{2}\b", re.sub(r"inside EU\)?", "", cell))) - {"EU", "AI"})


def stacks(textual):
    for heading, header, rows in markdown_tables(textual):
        if heading.startswith("6."):
            return [{"criterion": c[0], "measure": c[1], "ovhcloud": c[2], "gaia_x": c[3], "on_premise": c[4], "hyperscaler": c[5],
                     "source": "provider facts section 6", "verification": mark(c[6])} for c in rows]
    return []
