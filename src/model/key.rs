//! Attribute keys. An attribute is a key and a text; several values are several facts.
//!
//! Keys that come from scanners say what was read; keys that come from attribution say what the
//! catalog knows. Rules select by these words, so renaming one is a breaking change of the rule format.

/// One of 64 marks of a key, by its length and letters: most questions are for a key that nothing has. The factors are those
/// of many that were tried by which the fewest keys share a mark with those that nearly every package has.
#[must_use]
pub(crate) fn mark(key: &str) -> u64 {
    let letter = |at: usize| key.as_bytes().get(at).copied().map_or(0, u64::from);
    let last = key.as_bytes().last().copied().map_or(0, u64::from);
    1 << ((26 * key.len() as u64 + 53 * letter(0) + 47 * letter(1) + 17 * last) % 64)
}

/// A package's, image's or model's version as written.
pub const VERSION: &str = "version";
/// Name a person would use.
pub const NAME: &str = "name";
/// Package ecosystem: `cargo`, `npm`, `pypi`, `golang`, `deb`, `apk`.
pub const ECOSYSTEM: &str = "ecosystem";
/// `direct` or `transitive`.
pub const RELATION: &str = "relation";
/// `runtime`, `dev`, `build`, `test`, `optional`.
pub const SCOPE: &str = "scope";
/// Version requirement as declared, when nothing resolved it.
pub const REQUIREMENT: &str = "requirement";
/// `locked` in a lock file or installed; `pinned` to an exact version by a manifest or command and held by no lock file;
/// `unlocked`.
pub const RESOLUTION: &str = "resolution";
/// Of a project: ecosystem whose requirements in its folder and below a lock file answers.
pub const LOCKS: &str = "locks";
/// Of a project: `ecosystem name`, the package that it makes itself.
pub const MAKES: &str = "makes";
/// Of a project: `ecosystem name`, a package of the tree's own that its lock file is about, where the file says no folder.
pub const HOLDS: &str = "holds";
/// Of a project: `tool name target`, a package for which its tool is told what to take, whatever asks for it. The tool is
/// `uv`, `pdm`, `pnpm`, `cabal` (with `*` for all packages), or for npm and Yarn the table's name.
pub const OVERRIDES: &str = "overrides";
/// Of a project: `ecosystem names standing host`, a registry that its tools are told to ask, and behind that the only file
/// whose packages are meant, if it is one (`-s`: what Maven reads with this file as its settings; `**`: may read so; `./`: all
/// but those of other projects of Gradle below). The standing is `instead` or `beside` of the ecosystem's own, or `aside` where
/// no name is in doubt; with `-of-locked` its addresses in a lock file are meant too, or those of the host behind `=`. A
/// repository of Maven has its id behind `=`, one of Gradle's settings the word `settings`, and `mirror` or `blocked` stands
/// for those that the names mean.
pub const REGISTRY: &str = "registry";
/// Of a package: the list of repositories that it is looked up in, where its tool keeps several apart (`maven-plugins`),
/// and behind that the project whose list it is, where that is not the one of the file's folder.
pub const REPOSITORIES: &str = "repositories";
/// Of a project: `ecosystem name version root`, the package that its folder itself makes; the version may be `?`, and
/// `root` is the folder of the topmost project that it is built with.
pub const PROVIDES: &str = "provides";
/// How a name of the company's own could be answered by a public registry.
pub const CONFUSION: &str = "confusion";
/// Environment marker or platform condition under which it is needed.
pub const CONDITION: &str = "condition";
/// Extras or features asked for.
pub const EXTRAS: &str = "extras";
/// Name of an author or maintainer, as stated by the package.
pub const AUTHOR: &str = "author";
/// Folder of the tree in which a copy of the package lies.
pub const HELD: &str = "held";
/// Of a project: language or tool with the version it asks for, as written: `go 1.24`, `php >=8.2`.
pub const TOOLCHAIN: &str = "toolchain";
/// Metadata file of a package cache, below that cache, that says who publishes it: no file of the target.
pub const PACKAGE_CACHE: &str = "package-cache";
/// Integrity hash of the artefact.
pub const INTEGRITY: &str = "integrity";
/// Address the artefact is fetched from.
pub const DOWNLOAD: &str = "download";
/// How the artefact is fetched when no registry serves it: `git`; `address` where the manifest gives one itself.
pub const FETCHED_AS: &str = "fetched-as";
/// Identity key for attribution: `github:mailru`, `npm:@huawei`, `mail:corp.example`, `pci-vendor:10de`.
pub const IDENTITY: &str = "identity";
/// Licence expression as stated.
pub const LICENSE: &str = "license";
/// How an image is pinned: `digest`, `tag`, `latest` (no tag or `latest`).
pub const PINNED: &str = "pinned";
/// How many layers an image has.
pub const LAYERS: &str = "layers";
/// Of an image: `digest step`, the step of its build that made a layer, as its history tells.
pub const LAYER_MADE_BY: &str = "layer-made-by";
/// Who an image or product says it is from, in its own words.
pub const VENDOR: &str = "vendor";
/// Country of the headquarters of who provides it, as the provider states it.
pub const VENDOR_COUNTRY: &str = "vendor-country";
/// Address of the source code, as stated.
pub const SOURCE: &str = "source";
/// Image platform `os/architecture`; of a package the platform it is built for, as written.
pub const PLATFORM: &str = "platform";
/// A platform that an image is made for, one of several.
pub const MADE_FOR: &str = "made-for";
/// Declared resource type: Terraform type, Kubernetes `group/Kind`.
pub const RESOURCE_TYPE: &str = "resource-type";
/// Terraform local provider name, or the cloud a resource belongs to.
pub const PROVIDER: &str = "provider";
/// Provider source address `hashicorp/aws`.
pub const PROVIDER_SOURCE: &str = "provider-source";
/// Region code as resolved; absent when unknown.
pub const REGION: &str = "region";
/// Of a declared resource that says no place of its own: id of the one that it lies with: a pool of nodes with its cluster.
pub const LIES_WITH: &str = "lies-with";
/// Of a copy that a declared resource keeps in a further region: the resource. One migration moves both.
pub const COPY_OF: &str = "copy-of";
/// Cloud of somebody else that a service runs on, as named: `AWS`.
pub const CLOUD: &str = "cloud";
/// Cloud instance type.
pub const INSTANCE_TYPE: &str = "instance-type";
/// How many of it.
pub const COUNT: &str = "count";
/// Kubernetes namespace.
pub const NAMESPACE: &str = "namespace";
/// `prod`, `staging`, …, where names say so.
pub const ENVIRONMENT: &str = "environment";
/// Label or tag that names an environment, as written: `env=live`.
pub const ENVIRONMENT_LABEL: &str = "environment-label";
/// Catalog service id: `aws/sagemaker-endpoint`.
pub const SERVICE: &str = "service";
/// Of a called service: `not-known` where the address that a client speaks to is only known at run time.
pub const ADDRESS: &str = "address";
/// Of what runs: who is asked for a licence or told about it, as a setting says.
pub const PHONES_HOME: &str = "phones-home";
/// Of what runs: a setting that keeps it from telling.
pub const PHONES_HOME_OFF: &str = "phones-home-off";
/// Region or address that is written into source code.
pub const FIXED: &str = "fixed";
/// Address by number that a setting or source code names.
pub const STATIC_ADDRESS: &str = "static-address";
/// What a service does: `inference`, `database`, `object-storage`, …
pub const CAPABILITY: &str = "capability";
/// `stateful` or `stateless`.
pub const DATA_CLASS: &str = "data-class";
/// Effort to leave: `S`, `M`, `L`, `XL`.
pub const LOCK_IN: &str = "lock-in";
/// `open` when the API is a standard others offer, `proprietary` otherwise.
pub const API: &str = "api";
/// Operating country of a component, ISO code.
pub const COUNTRY: &str = "country";
/// Group of states in one of which it lies, where no single one is said: `EU`.
pub const WITHIN: &str = "within";
/// `known` or `unknown`: whether a responsible organisation was found.
pub const OWNER: &str = "owner";
/// Organisations that keys of one component lead to although they do not belong together.
pub const OWNER_CONFLICT: &str = "owner-conflict";
/// Accelerator: Kubernetes extended resource it was asked by.
pub const EXTENDED_RESOURCE: &str = "extended-resource";
/// Base model, driver version, firmware and other facts keep their own words.
pub const DRIVER_VERSION: &str = "driver-version";
/// Model format or serving runtime.
pub const RUNTIME: &str = "runtime";
/// `signed`, `unsigned` where a source says so; `unchecked` where a signature is there that nobody checked.
pub const SIGNATURE: &str = "signature";
/// Label of a scheme that a service claims, as stated: `gaia-x L1`.
pub const LABEL: &str = "label";
/// Who hosts the machines that a pipeline runs on: `github`, `gitlab`, `microsoft`, `google`, `self`.
pub const RUNNER: &str = "runner";
/// Commit or branch of a repository.
pub const REVISION: &str = "revision";
/// Who holds the encryption keys: `provider-managed`; `customer-managed`, in the provider's key service; `external`, in a
/// store outside that the provider asks; `customer-exclusive`, given with every use and kept by nobody else.
pub const KEY_CUSTODY: &str = "key-custody";
/// Where its logs go, as named.
pub const LOG_SINK: &str = "log-sink";
/// Where its backups go, as named: a vault, a region, a place.
pub const BACKUP: &str = "backup";
/// Name under which calls of its service speak of a resource; of a service that is called: a resource that is named.
pub const CALLED: &str = "called";
/// Name under which a database offers its changes, and the name under which one takes them.
pub const PUBLISHES: &str = "publishes";
/// See [`PUBLISHES`].
pub const SUBSCRIBES: &str = "subscribes";
/// Script, or folder of scripts, that a database runs when it starts for the first time.
pub const FIRST_RUNS: &str = "first-runs";
/// Of the host of a registry: another host that is asked in its place, by settings of container engines.
pub const MIRRORED_AT: &str = "mirrored-at";
/// Folder that a GitOps object brings into service.
pub const DEPLOYS_PATH: &str = "deploys-path";
/// Chart, folder or file that a step of a pipeline brings into service, below the scanned root; `folder/*` for the files
/// right in it.
pub const APPLIES_PATH: &str = "applies-path";
/// Of a pipeline: what a step brings into service by its name: `step | region | name`, for objects of Kubernetes
/// `kubernetes | namespace | Kind/name`; `-` for what is not said.
pub const DEPLOYS_NAMED: &str = "deploys-named";
/// Of a project: file that an evaluator reads together with others, so that it does not speak for itself.
pub const EVALUATED: &str = "evaluated";
/// Of a workload or service with another leg: `automated` when traffic moves by itself, `static` when a person must move it.
pub const FAILOVER: &str = "failover";
/// Of a workload: what it is one of several ways to install; one of them runs.
pub const VARIANT: &str = "variant";
/// Of a workload: how many of it run, as declared.
pub const REPLICAS: &str = "replicas";
/// Of a workload: what its kind is for, such as `serving` or `training`.
pub const PURPOSE: &str = "purpose";
/// Of a declared object: `place word`, the word that tells whose service it uses: `provisioner ebs.csi.aws.com`. Behind
/// [`LIKELY`] it is concluded from something else that few have, such as a region or a type of machine.
pub const MARK: &str = "mark";
/// What a [`MARK`] begins with that nothing states.
pub const LIKELY: &str = "likely-";
/// Of a workload: `Kind name`, an object elsewhere in the tree that it uses.
pub const USES: &str = "uses";
/// Of a workload: the queue that admits it, `namespace/name`.
pub const QUEUE: &str = "queue";
/// Of queues, of flavors of nodes and of workloads that wait in queues, while files are read: what they say of each other.
pub const QUEUED: &str = "queued";
/// Name of a cluster: its own, or the one a delivery object brings its workloads to.
pub const CLUSTER: &str = "cluster";
/// `known` or `unknown`: whether a workload's cluster is known.
pub const RUNS_ON: &str = "runs-on";
/// Of a project: what it declares and its values switch off.
pub const SWITCHED_OFF: &str = "switched-off";
/// Id of the operating system distribution.
pub const DISTRIBUTION: &str = "distribution";
/// Its version.
pub const DISTRIBUTION_VERSION: &str = "distribution-version";
/// Accelerators in all, where every factor is known.
pub const ACCELERATOR_COUNT: &str = "accelerator-count";
/// Export-control class computed from an accelerator's figures.
pub const EXPORT_CLASS: &str = "export-class";
/// Name a device or driver reports.
pub const DEVICE_NAME: &str = "device-name";
/// Share of an owner: `owner-id=percent`.
pub const OWNED_SHARE: &str = "owned-share";
/// CUDA version that a driver supports.
pub const CUDA_VERSION: &str = "cuda-version";
/// Version of a device's own software.
pub const FIRMWARE_VERSION: &str = "firmware-version";
/// Memory as a device reports it.
pub const MEMORY: &str = "memory";
/// Of a host: `build` when a build step fetches from it, `page` when a page has browsers fetch from it.
pub const FETCHED_BY: &str = "fetched-by";
/// Of a host that pages fetch from: `with-hash` or `without-hash`, whether a page says which bytes it will accept.
pub const PAGE_INTEGRITY: &str = "page-integrity";
/// Common Platform Enumeration name, as stated.
pub const CPE: &str = "cpe";
/// Where in the thing that a bill of materials is about a part was found: `lib/app.jar`, `src/a.c:12`.
pub const OCCURRENCE: &str = "occurrence";
/// Data that goes to or comes from a service, as stated: `PII outbound`.
pub const DATA_FLOW: &str = "data-flow";
/// Where a service is reached, as stated.
pub const ENDPOINT: &str = "endpoint";
/// Of an operating system package: the source package that it is built from, as its database names it.
pub const SOURCE_PACKAGE: &str = "source-package";
/// Of a model: its architecture, as its file names it.
pub const ARCHITECTURE: &str = "architecture";
/// Of a model: what its weights are stored as: `Q4_K_M`, `BF16`.
pub const QUANTIZATION: &str = "quantization";
/// Of an image: what it runs.
pub const ENTRYPOINT: &str = "entrypoint";
/// Of an image: what it was built with.
pub const BUILT_WITH: &str = "built-with";
/// Of something that only lower layers of an image hold: how and by which layer it was removed.
pub const REMOVED: &str = "removed";
/// Of an image: the earlier scan that has seen it, by which it is known as base of another.
pub const SEEN_BEFORE: &str = "seen-before";
/// Of a model file: callable that loading it runs, beside those that only rebuild tensors.
pub const PICKLED: &str = "pickled";
/// Of a machine or pool: `accelerator-id count`, how many of a product it has, as one source says.
pub const DEVICES: &str = "devices";
/// Of a machine, while files are read: digests that tell one of its devices from all others, and which accelerator it is.
pub const DEVICE_MARK: &str = "device-mark";
/// Of a machine, while files are read: in which form which resource of its controller tells which accelerator.
pub const DEVICE_FORM: &str = "device-form";
/// Of a machine: what another capture calls it, which lists the same devices.
pub const ALSO: &str = "also";
/// Of an accelerator whose name may mean several products: one of them.
pub const CANDIDATE: &str = "candidate";
/// PCI id of a device's board, `vendor:device`.
pub const SUBSYSTEM: &str = "pci-subsystem";
/// Of a machine: `declared`, `recorded` (a list of assets) or `observed`, how its devices are known; of nodes of a flavor
/// `allotted`, by quotas of queues.
pub const KNOWN_AS: &str = "known-as";
/// Of a machine: where it stands, in the words of its source.
pub const SITE: &str = "site";
/// Of machines in a list of assets: who holds or operates them, in the list's words.
pub const HOLDER: &str = "holder";
/// Of machines in a list of assets: a holder that is no organisation the catalog knows.
pub const UNKNOWN_HOLDER: &str = "unknown-holder";
/// Of machines in a list of assets: when they were bought.
pub const PURCHASED: &str = "purchased";
/// Of machines in a list of assets: when they are to be replaced.
pub const REFRESH: &str = "refresh";
/// Of machines in a list of assets: `accelerator-id count`, how many lie in store.
pub const SPARES: &str = "spares";
/// Of machines in a list of assets: `2 × DGX H100, 8 accelerators each`, from which their number is derived.
pub const SYSTEMS: &str = "systems";
/// Of an accelerator: how many of those that are asked for share one device.
pub const SHARED_BY: &str = "shared-by";
/// Kind of a device: `network`, `infiniband`, `processor`, `management-controller`, `system`, `firmware`.
pub const DEVICE_CLASS: &str = "device-class";
/// Of a device: processor sockets or memory nodes it hangs on.
pub const NUMA_NODE: &str = "numa-node";
/// Driver that a device is bound to.
pub const DRIVER: &str = "driver";
