"""Turns the fact tables into catalog TOML. See README.md in this folder."""
import csv
import pathlib
import sys
import tomllib

import law
import organisations
import providers
import services
from tomlout import mark, split, write


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


# dense rates that the fact table lacks, with their source: no tensor cores, so that the plain rates are the highest
RATES = {
    "nvidia-k80": ({"fp32": "4.37", "fp64": "1.455"}, "8.74 TFLOPS FP32 and 2.91 FP64 per board of two at boost, NVIDIA figures as quoted by computerbase.de 2014-11 and cnews.cz; Kepler has no faster lower precision"),
    "nvidia-m60": ({"fp32": "4.825", "fp64": "0.151"}, "4.825 TFLOPS FP32 per GPU at boost and none faster at lower precision, sysrqmts.com and fpsbench.com (2026); 2 x 4.83 in other tables"),
}


def accelerators(rows):
    figures = ("fp4", "fp6", "fp8", "int8", "fp16", "bf16", "tf32")
    out = []
    for row in rows:
        dense = {name: row[f"dense_{name}"] for name in figures if row[f"dense_{name}"]}
        for part in split(row["dense_other"]):
            name, _, value = part.partition("=")
            dense[name] = value
        source, verified = row["source"], row["verified"]
        if row["sku_id"] in RATES:
            (dense, source), verified = RATES[row["sku_id"]], "two-source"
        out.append({
            "id": row["sku_id"], "product": row["product"], "vendor": row["vendor"], "vendor_country": row["vendor_hq"],
            "ultimate_parent": row["ultimate_parent"], "ultimate_parent_country": row["ultimate_parent_country"],
            "segment": row["segment"], "architecture": row["architecture"], "foundry": row["foundry"],
            "fab_countries": [c for c in row["fab_country"].split("+") if c], "process": row["process_node"],
            "die_area_mm2": row["logic_die_area_mm2"], "die_area_note": row["die_area_note"], "dense": dense,
            "memory_gb": row["memory_gb"], "memory_type": row["memory_type"], "memory_bandwidth_gbs": row["memory_bw_gbs"],
            "reference_tpp": row["tpp"], "reference_precision": row["tpp_precision"], "reference_density": row["performance_density"], "reference_class": row["class_3a090"],
            "case_by_case": row["cn_mo_case_by_case_thresholds"], "gp10_risk": row["gp10_risk"], "licence_letter": row["other_us_licence_trigger"],
            "pci_ids": split(row["pci_ids"]), "device_names": split(row["device_name_strings"]), "k8s_labels": split(row["k8s_product_labels"]),
            "note": row["note"], "source": source, "verification": mark(verified),
        })
    return out


def main():
    facts, rules = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    text = lambda name: (facts / name).read_text(encoding="utf-8")
    catalog = rules / "catalog"
    orgs, owned = organisations.convert(read_csv(facts / "organisations.csv"))
    # pairs that are kept by hand, with shares and days, stand there only
    by_hand = tomllib.loads((catalog / "ownership-extra.toml").read_text(encoding="utf-8"))
    pairs = {(row["of"], row["by"]) for row in by_hand["ownership"]}
    owned = [row for row in owned if (row["of"], row["by"]) not in pairs]
    write(catalog / "organisations.toml", "organisation", orgs, "Organisations and their identity keys")
    write(catalog / "ownership.toml", "ownership", owned, "Who owns or controls whom")
    write(catalog / "listings.toml", "listing", organisations.listings(
        read_csv(facts / "listed-entities.csv"), read_csv(facts / "organisations.csv"), read_csv(pathlib.Path(__file__).with_name("listing-dates.csv"))), "Entries of sanctions and entity lists")
    write(catalog / "accelerators.toml", "accelerator", accelerators(read_csv(facts / "accelerators.csv")), "Accelerators; reference_* only test our own arithmetic")
    instances, regions = read_csv(facts / "instance-types.csv"), read_csv(facts / "regions.csv")
    write(catalog / "instance_types.toml", "instance_type", [
        {"provider": r["provider"], "provider_jurisdiction": r["provider_jurisdiction"], "name": r["instance_type"], "accelerator": r["accelerator_sku"], "count": r["accelerator_count"],
         "memory_gb": r["memory_gb_per_accelerator"], "note": r["note"], "source": r["source"], "verification": mark(r["verified"])}
        for r in instances], "Cloud instance types with accelerators")
    write(catalog / "regions.toml", "region", [
        {"provider": r["provider"], "code": r["region_code"], "country": r["country_iso2"], "place": r["place"],
         "realm": r["partition_or_realm"], "note": r["note"], "source": r["source"], "verification": mark(r["verified"])}
        for r in regions], "Provider regions and their countries")
    write(catalog / "services.toml", "service", services.convert(text("lock-in-services.md")), "Managed services, lock-in and portable replacements")
    write(catalog / "providers.toml", "provider", providers.convert(text("providers.md"), instances, regions), "Cloud providers")
    write(catalog / "stacks.toml", "stack_criterion", providers.stacks(text("providers.md")), "Eight criteria: OVHcloud, Gaia-X, on-premise, hyperscaler")
    write(catalog / "lists.toml", "list", law.lists(text("screening.md")), "What each list means for a software user")
    write(catalog / "cases.toml", "case", law.cases(text("real-cases.md")), "Real cases with their identity keys")
    jurisdictions = rules / "jurisdictions"
    write(jurisdictions / "laws.toml", "law", law.laws(text("jurisdiction-laws.md")), "Laws that reach across borders")
    write(jurisdictions / "thresholds.toml", "threshold", law.thresholds(text("jurisdiction-laws.md")), "Ownership thresholds seen in law")
    write(jurisdictions / "groups.toml", "group", law.groups(text("country-groups.toml")), "Country groups and destination sets")
    objectives, levels, criteria = law.framework(text("sovereignty-frameworks.md"))
    frameworks = rules / "frameworks"
    write(frameworks / "csf-objectives.toml", "objective", objectives, "EU Cloud Sovereignty Framework: objectives and both weight sets")
    write(frameworks / "csf-levels.toml", "level", levels, "EU Cloud Sovereignty Framework: SEAL levels")
    write(frameworks / "csf-criteria.toml", "criterion", criteria, "EU Cloud Sovereignty Framework: the 48 criteria")
    for name in ("sovereignty-frameworks", "export-controls", "jurisdiction-laws", "providers", "lock-in-services", "alert-feeds"):
        write(rules / "reference" / f"{name}.toml", "reference", law.reference(name, text(f"{name}.md")),
              "Every table of the document; kept as data, not evaluated", schema="")


if __name__ == "__main__":
    main()
