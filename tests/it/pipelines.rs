//! Pipelines that deploy, and what their scripts fetch.

use serde_json::Value;

use crate::attribution::report;

const CHART: [(&str, &str); 2] = [
    ("charts/llm/Chart.yaml", "apiVersion: v2\nname: llm\nversion: 0.1.0\n"),
    (
        "charts/llm/templates/app.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: llm}\nspec:\n  template:\n    spec:\n      containers:\n      \
         - {name: llm, image: \"registry.example.eu/llm:1\"}\n",
    ),
];

fn deployed(found: &Value) -> Vec<(String, String)> {
    let rows = found["relations"].as_array().expect("is a list").iter();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    rows.filter(|row| row["kind"] == "deployed-by").map(|row| (text(row, "from"), text(row, "to"))).collect()
}

fn with_workflow(steps: &str) -> Value {
    let workflow = format!("on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n{steps}");
    let mut files = CHART.to_vec();
    files.push((".github/workflows/deploy.yml", &workflow));
    let other = CHART[1].1.replace("name: llm", "name: other");
    files.push(("other/app.yaml", &other));
    report(&files)
}

#[test]
fn a_workload_depends_on_the_pipeline_that_applies_it() {
    let pipeline = "delivery:github-actions/.github/workflows/deploy.yml";
    let found = with_workflow("      - run: helm upgrade --install llm charts/llm --namespace ai\n");
    let rows = deployed(&found);
    let [(from, to)] = rows.as_slice() else { panic!("{rows:?}") };
    assert!(from.starts_with("workload:charts/llm/Deployment/") && to == pipeline, "{rows:?}");
    let lost =
        found["survival"].as_array().expect("is a list").iter().find(|row| row["without"] == serde_json::json!(["US"]));
    let lost = lost.expect("GitHub is lost with the US");
    assert_eq!(lost["stopped"]["immediate"], 0);
    assert_eq!(lost["stopped"]["next-deploy"], 1, "{lost}");
    // the folder that a step works in, and a file that it applies
    let found = with_workflow("      - run: kubectl apply -f app.yaml\n        working-directory: other\n");
    let rows = deployed(&found);
    let [(from, _)] = rows.as_slice() else { panic!("{rows:?}") };
    assert!(from.starts_with("workload:other/Deployment/"), "{rows:?}");
    // which workload it is cannot be told
    for step in ["kubectl apply -f $FILES", "./deploy.sh charts/llm", "helm lint charts/llm"] {
        assert!(deployed(&with_workflow(&format!("      - run: {step}\n"))).is_empty(), "{step}");
    }
    // another system, and a script that changes its folder first
    let mut files = CHART.to_vec();
    files.push((".gitlab-ci.yml", "deploy:\n  script:\n    - cd charts\n    - helm upgrade --install llm ./llm\n"));
    let rows = deployed(&report(&files));
    assert!(rows.iter().any(|(from, _)| from.starts_with("workload:charts/llm/")), "{rows:?}");
}

#[test]
fn a_controller_goes_on_without_the_pipeline() {
    let mut files = CHART.to_vec();
    files.push((
        ".github/workflows/deploy.yml",
        "on: push\njobs:\n  d:\n    runs-on: ubuntu-latest\n    steps:\n      - run: helm upgrade llm charts/llm\n",
    ));
    files.push((
        "argo/app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: llm}\nspec:\n  source: {repoURL: \
         \"https://git.example.eu/x.git\", path: charts/llm}\n",
    ));
    let rows = deployed(&report(&files));
    assert!(rows.iter().any(|(_, to)| to.contains("argoproj.io")), "{rows:?}");
    assert!(!rows.iter().any(|(_, to)| to.contains("github-actions")), "{rows:?}");
}

#[test]
fn scripts_of_pipelines_fetch_as_builds_do() {
    let hosts = |found: &Value| -> Vec<String> {
        let rows = found["relations"].as_array().expect("is a list").iter();
        let rows = rows.filter(|row| row["from"].as_str().is_some_and(|from| from.starts_with("delivery:")));
        rows.filter_map(|row| row["to"].as_str()?.strip_prefix("host:").map(str::to_owned)).collect()
    };
    let steps = "      - run: |\n          python -m pip install -i https://pypi.tuna.tsinghua.edu.cn/simple -r \
                 requirements.txt\n      - run: curl -X POST -d x https://hooks.example.com/told\n";
    let found = hosts(&with_workflow(steps));
    assert!(found.iter().any(|host| host == "pypi.tuna.tsinghua.edu.cn"), "{found:?}");
    assert!(!found.iter().any(|host| host == "hooks.example.com"), "{found:?}");
    let gitlab = "job:\n  variables: {INDEX: \"https://mirrors.aliyun.com/pypi/simple\"}\n  script:\n    - pip install -i \
                  $INDEX torch\n";
    let found = hosts(&report(&[(".gitlab-ci.yml", gitlab)]));
    assert!(found.iter().any(|host| host == "mirrors.aliyun.com"), "{found:?}");
}

#[test]
fn what_is_only_named_is_deployed_by_the_pipeline() {
    let pipeline = "delivery:github-actions/.github/workflows/deploy.yml";
    let workflow = "on: push\nenv:\n  SERVICE: chat\njobs:\n  d:\n    runs-on: ubuntu-latest\n    steps:\n      \
                    - uses: aws-actions/configure-aws-credentials@v4\n        with: {aws-region: eu-west-1}\n      \
                    - uses: aws-actions/amazon-ecs-deploy-task-definition@v2\n        with: {service: '${{ env.SERVICE }}', \
                    cluster: main}\n      \
                    - run: |\n          aws --profile p lambda update-function-code --function-name resize\n          \
                    aws ecs update-service --cluster main --service nowhere --force-new-deployment\n          \
                    gcloud beta run deploy front --image x --region europe-west4\n          \
                    az containerapp update -g rg -n worker --image x\n          \
                    kubectl -n ai set image deployment/llm llm=registry.example.eu/llm:2\n          \
                    kubectl rollout restart sts absent\n          \
                    aws sagemaker update-endpoint --endpoint-name $UNKNOWN\n";
    let stacks = "resource \"aws_ecs_service\" \"chat\" {\n  name = \"chat\"\n}\n\
                  resource \"aws_lambda_function\" \"resize\" {\n  function_name = \"resize\"\n}\n\
                  resource \"aws_lambda_function\" \"other\" {\n  function_name = \"other\"\n}\n\
                  resource \"azurerm_container_app\" \"worker\" {\n  name = \"worker\"\n}\n";
    let object = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: llm, namespace: NS}\nspec:\n  template:\n    spec:\n      \
                  containers: [{name: llm, image: \"registry.example.eu/llm:1\"}]\n";
    let found = report(&[
        (".github/workflows/deploy.yml", workflow),
        ("infra/main.tf", stacks),
        ("k8s/llm.yaml", &object.replace("NS", "ai")),
        ("other/llm.yaml", &object.replace("NS", "web")),
    ]);
    let rows = deployed(&found);
    let by: Vec<&str> = rows.iter().filter(|(_, to)| to == pipeline).map(|(from, _)| from.as_str()).collect();
    assert_eq!(
        by,
        [
            "resource:aws/ecs/nowhere",
            "resource:gcp/cloud-run/front",
            "resource:infra/aws_ecs_service.chat",
            "resource:infra/aws_lambda_function.resize",
            "resource:infra/azurerm_container_app.worker",
            "workload:k8s/Deployment/ai/llm",
        ],
        "{rows:?}"
    );
    // what nothing declares has its provider and its region
    let relations = found["relations"].as_array().expect("is a list");
    let has = |from: &str, kind: &str, to: &str| {
        relations.iter().any(|row| row["from"] == from && row["kind"] == kind && row["to"] == to)
    };
    assert!(has("resource:gcp/cloud-run/front", "hosted-in", "region:gcp/europe-west4"));
    assert!(has("resource:aws/ecs/nowhere", "hosted-in", "region:aws/eu-west-1"));
    let told = found["diagnostics"].as_array().expect("is a list").iter();
    let told: Vec<&str> = told.filter_map(|one| one["message"].as_str()).collect();
    assert!(told.iter().any(|text| text.contains("`StatefulSet/absent`")), "{told:?}");
    assert!(told.iter().any(|text| text.contains("only known at run time")), "{told:?}");
}

#[test]
fn scripts_that_a_pipeline_runs_are_a_part_of_it() {
    let workflow = "on: push\njobs:\n  d:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n          cd deploy\n          \
                    bash -e roll.sh prod\n";
    let script = "#!/bin/sh\nset -e\nSERVICE=chat\nexport REGION=eu-central-1\n\
                  aws ecs update-service --cluster main --service \"$SERVICE\" --region $REGION\n\
                  kubectl apply -f objects.yaml\naws lambda update-function-code --function-name \"$1\"\n./roll.sh\n";
    let object = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: llm}\nspec:\n  template:\n    spec:\n      \
                  containers: [{name: llm, image: \"registry.example.eu/llm:1\"}]\n";
    let found = report(&[
        (".github/workflows/deploy.yml", workflow),
        ("deploy/roll.sh", script),
        ("deploy/objects.yaml", object),
        ("other/roll.sh", "kubectl apply -f nothing.yaml\n"),
    ]);
    let rows = deployed(&found);
    let from: Vec<&str> = rows.iter().map(|(from, _)| from.as_str()).collect();
    assert_eq!(from, ["resource:aws/ecs/chat", "workload:deploy/Deployment/default/llm"], "{rows:?}");
    let relations = found["relations"].as_array().expect("is a list").iter();
    let places: Vec<&str> = relations
        .filter(|row| row["from"] == "resource:aws/ecs/chat" && row["kind"] == "hosted-in")
        .filter_map(|row| row["to"].as_str())
        .collect();
    assert_eq!(places, ["region:aws/eu-central-1"]);
    let told = found["diagnostics"].as_array().expect("is a list").iter();
    let open = told.filter(|one| one["path"] == "deploy/roll.sh" && one["kind"] == "unresolved").count();
    assert_eq!(open, 1, "{:#}", found["diagnostics"]);
}
