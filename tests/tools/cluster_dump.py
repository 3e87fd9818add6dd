#!/usr/bin/env python3
"""Writes a cluster dump as `kubectl get -A -o json` gives it: one List of so many objects, the same ones every time.

    python3 tests/tools/cluster_dump.py [--objects 50000] [--indented] FOLDER

Pods, Deployments and Services with managedFields and status: 3.5 kB each as the API server writes them (`kubectl get --raw`,
`jq -c`), 7.6 kB each with --indented, as kubectl prints them. Python standard library only.
"""
import argparse
import json
import os
import random

IMAGES = [f"registry.example/team-{at % 40}/service-{at}:1.{at % 30}.{at % 7}" for at in range(300)]
IMAGES += ["nvcr.io/nvidia/tritonserver:24.05-py3", "vllm/vllm-openai:v0.6.3", "docker.io/library/redis:7.4"]
FIELDS = ["f:containers", "f:dnsPolicy", "f:restartPolicy", "f:schedulerName", "f:securityContext", "f:enableServiceLinks"]


def managed(draw, manager, depth):
    """The record of who set which field."""
    def fields(level):
        names = draw.sample(FIELDS, 4)
        return {name: (fields(level - 1) if level else {}) for name in names}
    return {"apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}, "f:spec": fields(depth)},
            "manager": manager, "operation": "Update", "time": "2026-01-01T00:00:00Z"}


def metadata(draw, at, name, namespace):
    return {
        "annotations": {"checksum/config": draw.randbytes(32).hex()},
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"app": f"service-{at % 300}", "pod-template-hash": draw.randbytes(5).hex()},
        "managedFields": [managed(draw, "kube-controller-manager", 1), managed(draw, "kubelet", 0)],
        "name": name, "namespace": namespace, "resourceVersion": str(1_000_000 + at), "uid": draw.randbytes(16).hex(),
    }


def container(draw, at):
    found = {
        "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "DATABASE_URL", "value": f"postgres://db-{at % 50}.internal:5432/app"}],
        "image": IMAGES[at % len(IMAGES)], "imagePullPolicy": "IfNotPresent", "name": "main",
        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
        "resources": {"limits": {"cpu": "2", "memory": "4Gi"}, "requests": {"cpu": "500m", "memory": "1Gi"}},
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        "volumeMounts": [{"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": "kube-api-access", "readOnly": True}],
    }
    if at % 25 == 0:
        found["resources"]["limits"]["nvidia.com/gpu"] = "1"
    return found


def pod_spec(draw, at):
    return {
        "containers": [container(draw, at)], "dnsPolicy": "ClusterFirst", "nodeName": f"node-{at % 900}", "restartPolicy": "Always",
        "schedulerName": "default-scheduler", "serviceAccountName": "default", "terminationGracePeriodSeconds": 30,
        "tolerations": [{"effect": "NoExecute", "key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300}],
        "volumes": [{"name": "kube-api-access", "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]}}],
    }


def one(draw, at):
    namespace = f"team-{at % 200}"
    about = lambda name: metadata(draw, at, name, namespace)
    if at % 10 < 7:
        conditions = [{"lastTransitionTime": "2026-01-01T00:00:00Z", "status": "True", "type": kind} for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")]
        return {"apiVersion": "v1", "kind": "Pod", "metadata": about(f"service-{at % 300}-{at}"), "spec": pod_spec(draw, at),
                "status": {"conditions": conditions, "hostIP": "10.0.0.1", "phase": "Running", "podIP": f"10.{at >> 16 & 255}.{at >> 8 & 255}.{at & 255}", "qosClass": "Burstable",
                           "containerStatuses": [{"containerID": f"containerd://{draw.randbytes(32).hex()}", "image": IMAGES[at % len(IMAGES)], "ready": True, "restartCount": 0}]}}
    if at % 10 < 9:
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about(f"service-{at}"),
                "spec": {"replicas": 3, "selector": {"matchLabels": {"app": f"service-{at % 300}"}}, "template": {"metadata": {"labels": {"app": f"service-{at % 300}"}}, "spec": pod_spec(draw, at)}},
                "status": {"availableReplicas": 3, "observedGeneration": 4, "readyReplicas": 3, "replicas": 3}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": about(f"service-{at}"),
            "spec": {"clusterIP": "10.96.0.1", "ports": [{"port": 80, "protocol": "TCP", "targetPort": 8080}], "selector": {"app": f"service-{at % 300}"}, "type": "ClusterIP"}, "status": {"loadBalancer": {}}}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--objects", type=int, default=50_000)
    options.add_argument("--indented", action="store_true")
    options.add_argument("folder")
    given = options.parse_args()
    draw = random.Random(5)
    os.makedirs(given.folder, exist_ok=True)
    write = lambda value: json.dumps(value, indent=4).replace("\n", "\n        ") if given.indented else json.dumps(value, separators=(",", ":"))
    with open(os.path.join(given.folder, "dump.json"), "w", encoding="utf-8") as out:
        out.write('{\n    "apiVersion": "v1",\n    "items": [\n')
        for at in range(given.objects):
            out.write(f"        {write(one(draw, at))}{',' if at + 1 < given.objects else ''}\n")
        out.write('    ],\n    "kind": "List",\n    "metadata": {"resourceVersion": ""}\n}\n')


if __name__ == "__main__":
    main()
