"""Managed services with lock-in facts."""
import re
from tomlout import markdown_tables

# row | id | organisation | capability | stateful | open API | piece of a `;`-split row
CURATED = """
1|aws/sagemaker-endpoint|amazon|inference|n|n
2|aws/sagemaker-training|amazon|training|n|n
3|aws/sagemaker-pipelines|amazon|pipeline|n|n
4|aws/sagemaker-feature-store|amazon|feature-store|y|n
5|aws/sagemaker-studio|amazon|notebook|y|n
6|aws/sagemaker-model-registry|amazon|model-registry|y|n
7|aws/bedrock|amazon|inference|n|n
8|aws/bedrock-agents|amazon|agents|y|n
9|aws/bedrock-custom-model|amazon|training|y|n
10|azure/openai|microsoft|inference|n|n
11|azure/ai-services|microsoft|inference|n|n
12|azure/machine-learning|microsoft|training|y|n
13|azure/ai-search|microsoft|search|y|n
14|gcp/vertex-ai|google|inference|n|n
15|gcp/gemini-api|google|inference|n|n
16|aws/rekognition|amazon|inference|n|n
17|aws/textract|amazon|inference|n|n
18|aws/comprehend|amazon|inference|n|n
19|aws/transcribe-polly-translate|amazon|inference|n|n
20|aws/lex-kendra|amazon|inference|y|n
21|openai/api|openai|inference|n|n
22|anthropic/api|anthropic|inference|n|n
23|cohere/api|cohere|inference|n|n
24|mistral/api|mistral|inference|n|n
25|huggingface/hub|huggingface|model-hub|n|n
26|wandb/wandb|coreweave-org|experiment-tracking|y|n
27|nvidia/ngc|nvidia|registry|n|n
28|pinecone/pinecone|pinecone|vector-database|y|n
29|databricks/databricks|databricks|analytics|y|n
30|aws/dynamodb|amazon|database|y|n
31|aws/s3|amazon|object-storage|y|y
32|aws/s3-specific|amazon|object-storage|y|n
33|minio/minio|minio|object-storage|y|y
34|aws/rds|amazon|database|y|y
35|aws/elasticache|amazon|cache|y|y
36|aws/opensearch|amazon|search|y|y
37|aws/msk|amazon|streaming|y|y
38|aws/sqs|amazon|queue|y|n
39|aws/sns|amazon|messaging|n|n
40|aws/kinesis|amazon|streaming|y|n
41|aws/eventbridge|amazon|messaging|n|n
42|aws/lambda|amazon|functions|n|n
43|aws/step-functions|amazon|workflow|y|n
44|aws/api-gateway|amazon|api-gateway|n|n
45|aws/glue-athena|amazon|analytics|y|n
46|aws/emr|amazon|analytics|n|y
47|aws/redshift|amazon|data-warehouse|y|n
48|azure/cosmos-db|microsoft|database|y|n
49|azure/messaging|microsoft|messaging|y|n
50|azure/functions|microsoft|functions|n|n
51|azure/sql|microsoft|database|y|n
52|azure/blob|microsoft|object-storage|y|n
53|azure/synapse|microsoft|data-warehouse|y|n
54|gcp/bigquery|google|data-warehouse|y|n
55|gcp/pubsub|google|messaging|y|n
56|gcp/spanner|google|database|y|n
57|gcp/cloud-sql|google|database|y|y
58|gcp/firestore|google|database|y|n
59|gcp/storage|google|object-storage|y|y
60|gcp/data-processing|google|analytics|n|y
61|snowflake/snowflake|snowflake|data-warehouse|y|n
62|mongodb/atlas|mongodb|database|y|n
63|confluent/cloud|confluent|streaming|y|y
64|elastic/cloud|elastic|search|y|n
65|aws/eks|amazon|kubernetes|n|y
66|azure/aks|microsoft|kubernetes|n|y
67|gcp/gke|google|kubernetes|n|y
68|gcp/cloud-run|google|containers|n|y
69|aws/ecs|amazon|containers|n|n
70|aws/ec2|amazon|compute|n|y
71|aws/ecr|amazon|registry|y|y
72|azure/acr|microsoft|registry|y|y
73|gcp/artifact-registry|google|registry|y|y
74|docker/hub|docker|registry|n|y
75|github/actions|github|ci|n|n
76|gitlab/com|gitlab|git|y|n|0
76|azure/devops|microsoft|git|y|n|1
77|aws/kms|amazon|keys|y|n|0
77|azure/key-vault-keys|microsoft|keys|y|n|1
77|gcp/kms|google|keys|y|n|2
78|aws/secrets-manager|amazon|secrets|y|n|0
78|azure/key-vault-secrets|microsoft|secrets|y|n|1
78|gcp/secret-manager|google|secrets|y|n|2
79|aws/cognito|amazon|identity|y|n
80|azure/entra-id|microsoft|identity|y|n
81|okta/auth0|okta|identity|y|n
82|cloud/iam|-|access-policy|n|n
83|aws/cloudwatch|amazon|observability|n|n|0
83|azure/monitor|microsoft|observability|n|n|1
83|gcp/logging|google|observability|n|n|2
84|datadog/datadog|datadog|observability|n|n
85|aws/route53|amazon|dns|n|n|0
85|gcp/dns|google|dns|n|n|1
86|aws/cloudfront|amazon|cdn|n|n|0
86|gcp/cdn|google|cdn|n|n|1
86|cloudflare/cdn|cloudflare|cdn|n|n|2
87|aws/ses|amazon|mail|n|n|0
87|twilio/sendgrid|twilio|mail|n|n|1
88|hashicorp/hcp-terraform|hashicorp|infrastructure-state|y|n
89|vercel/vercel|vercel|containers|n|n|0
89|netlify/netlify|netlify|containers|n|n|1
89|salesforce/heroku|salesforce|containers|n|n|2
90|broadcom/vmware|broadcom|compute|n|n
91|redhat/openshift|redhat|kubernetes|n|y
92|microsoft/office|microsoft|office|y|n|0
92|google/workspace|google|office|y|n|1
""".strip().splitlines()
PREFIXES = ("google_vertex_ai", "azurerm_machine_learning", "aws_cloudwatch_event", "aws_s3_bucket", "azurerm_cognitive")
CLOUDS = {"aws": "aws", "azure": "azure", "gcp": "gcp"}
# a host of the table that serves something else as well, so that seeing it proves nothing
TOO_WIDE = {"customer host", "vcenter hosts", "*.google.com", "-", ""}
BASE_TYPES = {"aws/ec2": ["aws_instance"], "aws/rds": ["aws_rds_cluster_instance", "aws_rds_global_cluster"]}


def convert(textual, mark_of_row="recalled"):
    rows = {}
    for _, header, table in markdown_tables(textual):
        if header[:2] == ["#", "Service (owner country)"]:
            for cells in table:
                rows[cells[0]] = cells
    out = []
    for line in CURATED:
        number, ident, organisation, capability, stateful, open_api, *piece = line.split("|")
        cells = rows[number]
        index = int(piece[0]) if piece else None
        name = re.sub(r"\s*\((US|CA|FR|.*?owner.*?|.*?roots|.*?CoreWeave|IBM.*?)\)", "", cells[1]).strip()
        if index is not None and " / " in name:
            name = name.split(" / ")[min(index, name.count(" / "))]
        efforts = re.match(r"(S|M|L|XL)(?:-(M|L|XL))?\b", cells[7])
        alternatives = split_outside(cells[5])
        out.append({
            "id": ident, "name": name, "provider": CLOUDS.get(ident.split("/")[0]),
            "organisation": None if organisation == "-" else organisation, "capability": capability,
            "stateful": stateful == "y", "open_api": open_api == "y",
            "terraform_types": sorted(set(types(piece_of(cells[2], index)) + BASE_TYPES.get(ident, []))),
            "sdk": sdk(piece_of(cells[3], index), ident.split("/")[0]),
            "clients": clients(piece_of(cells[3], index)) if ident.startswith("aws/") else [],
            "hosts": hosts(piece_of(cells[4], index)),
            "effort": efforts.group(1), "effort_max": efforts.group(2),
            "exportable": False if number in ("9", "77", "79") else None,
            "alternatives": alternatives, "migration": cells[6], "why": cells[7],
            "source": "lock-in services table row " + number + " (" + cells[8] + ")", "verification": mark_of_row,
        })
    return out


def piece_of(cell, index):
    if index is None:
        return cell
    parts = [part.strip() for part in cell.split(";")]
    if len(parts) == 1 and "," in cell and cell.count(",") >= index and not cell.startswith("aws_"):
        parts = [part.strip() for part in cell.split(",")]
    return parts[index] if index < len(parts) else ""


def split_outside(cell):
    """Commas outside parentheses."""
    return [part.strip() for part in re.split(r",(?![^()]*\))", cell) if part.strip()]


def types(cell):
    found, base = [], ""
    for part in re.split(r"[,;]", re.sub(r"\(.*?\)", "", cell)):
        for word in part.split():
            if re.fullmatch(r"_[a-z0-9_]+", word):
                found.append(base + word)
            elif re.fullmatch(r"[a-z0-9]+_[a-z0-9_*]+", word):
                found.append(word)
                long = next((prefix for prefix in PREFIXES if word.startswith(prefix + "_")), None)
                base = long or "_".join(word.split("_")[:2])
    return found


def clients(cell):
    words = re.split(r"[,;]\s*", re.sub(r"\(.*?\)", "", cell).replace("PyPI sagemaker", ""))
    return sorted({w.strip() for w in words if re.fullmatch(r"[a-z0-9-]+", w.strip()) and not w.strip().startswith("torch")})


def sdk(cell, cloud):
    cell = re.sub(r"\(.*?\)", "", cell)
    found = set()
    for word in re.split(r"[,;]\s*", cell):
        word = word.strip()
        if not word or word == "-" or " drivers" in word:
            continue
        explicit = re.fullmatch(r"(PyPI|npm)\s+(\S+)", word)
        if explicit:
            found.add(f"{'pypi' if explicit.group(1) == 'PyPI' else 'npm'}:{explicit.group(2)}")
        elif re.fullmatch(r"[a-z.]+:[a-z0-9-]+", word):
            found.add("maven:" + word.replace(":", "/"))
        elif word.startswith("@"):
            found.add("npm:" + word)
        elif not re.fullmatch(r"[A-Za-z0-9_*.-]+", word):
            continue
        elif cloud == "aws":
            squeezed = word.replace("-", "")
            found |= {f"npm:@aws-sdk/client-{word}", f"golang:github.com/aws/aws-sdk-go-v2/service/{squeezed}",
                      f"maven:software.amazon.awssdk/{squeezed}", f"cargo:aws-sdk-{squeezed}", f"pypi:mypy-boto3-{word}"}
        elif cloud == "azure":
            if word in ("openai", "msal"):
                found.add("pypi:msal" if word == "msal" else "npm:@azure/openai")
            else:
                found |= {f"pypi:azure-{word.removeprefix('azure-')}", f"npm:@azure/{word.removeprefix('azure-')}",
                          f"maven:com.azure/azure-{word.removeprefix('azure-')}"}
        elif cloud == "gcp":
            if word in ("firebase-admin", "generativeai", "genai"):
                names = {"genai": "google-genai", "generativeai": "google-generativeai"}
                found.add("pypi:" + names.get(word, word))
                found.add("npm:" + ("@google/generative-ai" if word != "firebase-admin" else word))
            else:
                found |= {f"pypi:google-cloud-{word}", f"npm:@google-cloud/{word}", f"golang:cloud.google.com/go/{word}",
                          f"maven:com.google.cloud/google-cloud-{word}", f"cargo:google-cloud-{word}"}
        else:
            found |= {f"pypi:{word}"} | ({f"npm:{word}"} if word in NPM_TOO else set())
    return sorted(found)


NPM_TOO = {"openai", "vercel", "cloudflare", "auth0", "sendgrid"}
EXTRA_NPM = {}


def hosts(cell):
    found = []
    for word in re.split(r"[,;]\s*", re.sub(r"\s+or\s+", ", ", cell)):
        word = word.strip()
        if word in TOO_WIDE or " " in word:
            continue
        if "{aws}" in word:
            base = word.replace("{aws}", "").replace("{bucket}", "*").replace("{acct}", "*")
            found += [f"{base}.*.amazonaws.com", f"{base}.*.amazonaws.com.cn", f"{base}.*.amazonaws.eu", f"{base}.*.api.aws"]
            continue
        word = re.sub(r"\{region\}-", "*-", word).replace("{region}", "*").replace("{bucket}", "*").replace("{acct}", "*")
        found.append(word)
    return found
