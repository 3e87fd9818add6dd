//! Small trees for the evaluators: what they read together, from one input. Shared with the tests of the main package.

/// What stands between the files of an input.
pub const BETWEEN: &[u8] = b"\xFF\xFE\xFD\n";

/// An evaluator with the names of the files that it reads together.
pub const EVALUATORS: [(&str, &[&str]); 6] = [
    ("terraform", &["main.tf", "mod/main.tf", "terraform.tfvars", "conf.json"]),
    ("helm", &["templates/a.yaml", "templates/_helpers.tpl", "values.yaml", "Chart.yaml"]),
    ("cloudformation", &["stack.yaml", "nested.yaml"]),
    ("arm", &["azuredeploy.json", "azuredeploy.parameters.json"]),
    ("bicep", &["main.bicep", "mod.bicep"]),
    ("kustomize", &["overlay/kustomization.yaml", "overlay/patch.yaml", "base/kustomization.yaml", "base/d.yaml"]),
];

/// One seed for each evaluator, in the order of its files.
pub const SEEDS: [(&str, &[&str]); 6] = [
    (
        "terraform",
        &[
            "locals {\n  all = { for i, z in [\"a\", \"b\"] : z => \"eu-west-${i + 1}\" if length(z) > 0 }\n}\nmodule \"m\" {\n  \
             for_each = local.all\n  source = \"./mod\"\n  place = each.value\n  n = try(jsondecode(\"[1]\")[0], 2)\n}\n",
            "variable \"place\" { type = string }\nvariable \"n\" { default = 1 }\nresource \"aws_instance\" \"i\" {\n  count = \
             var.n\n  region = lower(format(\"%s\", var.place))\n  instance_type = count.index == 0 ? \"p5.48xlarge\" : \
             \"m5.large\"\n}\noutput \"o\" { value = aws_instance.i[*].region }\n",
            "x = 1\n",
            "{\"a\": 1}",
        ],
    ),
    (
        "helm",
        &[
            "{{- range $i, $n := .Values.names }}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ include \"n\" \
             (dict \"x\" $n) | quote }}}\nspec: {template: {spec: {containers: [{name: a, image: \"{{ $.Values.image | default \
             \"x:1\" }}\"}]}}}\n---\n{{- end }}\n",
            "{{- define \"n\" -}}{{ .x | trunc 5 | trimSuffix \"-\" }}{{- end -}}\n",
            "names: [one, two]\nimage: ghcr.io/example/app:1\n",
            "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        ],
    ),
    (
        "cloudformation",
        &[
            "AWSTemplateFormatVersion: 2010-09-09\nParameters: {P: {Type: String, Default: g6.xlarge}}\nMappings: {M: {eu: {r: \
             x}}}\nConditions: {C: !Equals [!Ref P, g6.xlarge]}\nResources:\n  I:\n    Type: AWS::EC2::Instance\n    \
             Condition: C\n    Properties:\n      InstanceType: !Ref P\n      Name: !Join ['-', [a, !Sub '${P}-b', \
             !FindInMap [M, eu, r], !Select [0, !Split [',', 'a,b']]]]\n  S: {Type: AWS::CloudFormation::Stack, Properties: \
             {TemplateURL: nested.yaml}}\n",
            "AWSTemplateFormatVersion: 2010-09-09\nResources: {B: {Type: AWS::S3::Bucket}}\n",
        ],
    ),
    (
        "arm",
        &[
            "{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\", \
             \"contentVersion\": \"1.0.0.0\", \"parameters\": {\"n\": {\"type\": \"int\", \"defaultValue\": 2}}, \"variables\": \
             {\"r\": \"[concat('west', 'europe')]\"}, \"resources\": [{\"type\": \"Microsoft.Storage/storageAccounts\", \
             \"apiVersion\": \"2023-01-01\", \"name\": \"[format('a{0}', copyIndex())]\", \"location\": \"[variables('r')]\", \
             \"copy\": {\"name\": \"c\", \"count\": \"[parameters('n')]\"}}]}",
            "{\"parameters\": {\"n\": {\"value\": 3}}}",
        ],
    ),
    (
        "bicep",
        &[
            "param n int = 2\nvar r = toLower('WESTEUROPE')\nresource s 'Microsoft.Storage/storageAccounts@2023-01-01' = [for i \
             in range(0, n): {\n  name: 'a${i}'\n  location: n > 1 ? r : 'x'\n}]\nmodule m 'mod.bicep' = {\n  name: 'm'\n  \
             params: { where: r }\n}\n",
            "param where string\nresource k 'Microsoft.KeyVault/vaults@2023-07-01' = {\n  name: 'k'\n  location: where\n}\n",
        ],
    ),
    (
        "kustomize",
        &[
            "resources: [../base]\nnamePrefix: p-\nimages: [{name: ghcr.io/example/app, newTag: \"2\"}]\npatches: [{path: \
             patch.yaml}]\nreplicas: [{name: app, count: 3}]\n",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec: {template: {spec: {nodeSelector: {a: b}}}}\n",
            "resources: [d.yaml]\nconfigMapGenerator: [{name: c, literals: [A=b]}]\n",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec: {template: {spec: {containers: [{name: a, \
             image: \"ghcr.io/example/app:1\"}]}}}\n",
        ],
    ),
];

/// A seed as an input: the evaluator, then its files.
#[must_use]
pub fn input(at: usize, files: &[&[u8]]) -> Vec<u8> {
    let mut found = vec![u8::try_from(at % EVALUATORS.len()).unwrap_or_default()];
    found.extend(files.join(BETWEEN));
    found
}

/// The files of an input; what an input does not have is what the seed has.
#[must_use]
pub fn files(data: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let Some((first, mut rest)) = data.split_first() else { return Vec::new() };
    let at = usize::from(*first) % EVALUATORS.len();
    let mut found = Vec::new();
    for (place, name) in EVALUATORS[at].1.iter().enumerate() {
        let end = rest.windows(BETWEEN.len()).position(|bytes| bytes == BETWEEN);
        let (own, after) = end.map_or((rest, &[][..]), |end| (&rest[..end], &rest[end + BETWEEN.len()..]));
        let is_given = place == 0 || !rest.is_empty();
        found.push((*name, if is_given { own.to_vec() } else { SEEDS[at].1[place].as_bytes().to_vec() }));
        rest = after;
    }
    found
}
