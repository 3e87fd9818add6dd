//! Scanners: from bytes to facts. A scanner never walks, opens files or goes online.
//!
//! Adding one is one file and one line in [`SCANNERS`]. A scanner gets an [`Input`] (one file, or
//! all matching files of one folder) and writes into [`Facts`]; the engine does the rest.
//! Scanners meet only through component ids.

mod apart;
pub mod binary;
mod called;
pub mod cloud;
pub mod cluster;
mod computed;
pub mod delivery;
mod deployed;
mod engine;
mod evaluated;
pub mod extract;
mod facts;
pub mod hardware;
mod held;
pub mod image;
mod input;
mod jobs;
mod memo;
mod mirrors;
pub mod model;
pub(crate) mod origin;
mod own;
pub mod package;
mod queued;
mod reconcile;
pub(crate) mod registries;
mod replicated;
mod run;
pub mod sbom;
mod selector;
pub mod unread;
mod words;

pub use engine::{Options, scan_directory, scan_file_as, scan_files, scan_files_with, scan_with_extracts};
pub use extract::{Extract, Extractor};
pub use facts::{Facts, Seen};
pub use hardware::columns::AssetMapping;
pub use input::{Companions, Input, SourceFile, Subject};
pub use memo::Memo;
pub use run::is_running;
pub use selector::Selector;

use crate::catalog::Catalog;
use crate::model::{Basis, ComponentKind};
use crate::source::Limits;
use crate::text::RelPath;

/// What a scanner is.
pub trait Scanner: Sync {
    /// Name, files, purpose.
    fn meta(&self) -> &'static ScannerMeta;

    /// True when the name of a file is all it needs: the file is then not opened and looks empty.
    fn needs_no_content(&self, _path: &RelPath) -> bool {
        false
    }

    /// True when it reads what is installed in folders such as `node_modules`; no other scanner sees those.
    fn reads_installed(&self) -> bool {
        false
    }

    /// False when it has nothing to tell of a file that holds these bytes. Of the files of an image, which lie in memory
    /// until all layers are read, only the name is then kept.
    fn may_tell(&self, _path: &RelPath, _bytes: &[u8], _catalog: &Catalog) -> bool {
        true
    }

    /// Set when its files are too big or too deep to be handed over whole: what of them it reads.
    fn extractor(&self) -> Option<&dyn Extractor> {
        None
    }

    /// Reads `input` and writes facts.
    ///
    /// # Errors
    /// Only when nothing more of the input can be read; one bad entry is [`Facts::problem`].
    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()>;
}

/// What the engine and the documents need to know of a scanner.
pub struct ScannerMeta {
    /// `cargo-lock`: also file name, fixture folder, anchor in docs/scanners.md.
    pub id: &'static str,
    /// What it reads, for people.
    pub title: &'static str,
    /// One or two sentences: what is read and what is not.
    pub summary: &'static str,
    /// Globs over the path below the target, matched by one set for all scanners: `**/Cargo.lock`.
    pub files: &'static [&'static str],
    /// One file at a time, or all matching files of a folder or of the target together.
    pub unit: Unit,
    /// Which size limit applies.
    pub size: SizeClass,
    /// How its facts are known, unless a fact says otherwise.
    pub basis: Basis,
    /// Kinds of components it can emit; compared with what fixtures give.
    pub emits: &'static [ComponentKind],
    /// The format's specification.
    pub reference: &'static str,
}

/// What a scanner wants to see at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// One file.
    File,
    /// All matching files of one folder (a Go module).
    Directory,
    /// All matching files of the target: folders speak of each other (Terraform modules).
    Tree,
    /// All matching files below the outermost folder that holds a file of this name (a chart with its parts);
    /// elsewhere those of one folder.
    Below(&'static str),
}

/// True for the id of a scanner of lock files. What such a file names may lie elsewhere, or nowhere yet.
#[must_use]
pub fn reads_lock_files(id: &str) -> bool {
    const OTHERS: [&str; 7] = [
        "pylock",
        "requirements",
        "cartfile-resolved",
        "swift-resolved",
        "cabal-freeze",
        "julia-manifest",
        "nuget-assets",
    ];
    id.ends_with("-lock") || OTHERS.contains(&id)
}

/// Which limit of [`crate::source::Limits`] applies to a scanner's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SizeClass {
    /// Source code.
    Code,
    /// Manifests.
    Ordinary,
    /// Lock files, SBOMs, plans, dumps.
    Large,
}

impl SizeClass {
    /// Bytes that a file of the class may have.
    #[must_use]
    pub fn limit(self, limits: &Limits) -> u64 {
        match self {
            Self::Code => limits.code_bytes,
            Self::Ordinary => limits.file_bytes,
            Self::Large => limits.large_file_bytes,
        }
    }
}

/// Every scanner. A text search for an id finds its file.
pub static SCANNERS: &[&dyn Scanner] = &[
    &binary::executable::Executable,
    &cloud::declared::ansible::Ansible,
    &cloud::declared::inventory::AnsibleInventory,
    &cloud::declared::azure::arm::Arm,
    &cloud::declared::azure::bicep::Bicep,
    &cloud::declared::cloudformation::Cloudformation,
    &cloud::declared::custom_resource::CustomResource,
    &cloud::declared::nomad::Nomad,
    &cloud::declared::pulumi::Pulumi,
    &cloud::declared::ray::Ray,
    &cloud::declared::serverless::Serverless,
    &cloud::declared::shell::ShellScript,
    &cloud::declared::skypilot::Skypilot,
    &cloud::declared::slurm::Slurm,
    &cloud::endpoint::Endpoint,
    &cloud::gaia_x::GaiaX,
    &cloud::html_scripts::HtmlScripts,
    #[cfg(feature = "sdk")]
    &cloud::sdk::SdkUse,
    &cloud::sql::SqlReplication,
    &cloud::terraform::Terraform,
    &cloud::terraform::planned::TerraformPlan,
    &cluster::gitops::Gitops,
    &cluster::gitops::helmfile::Helmfile,
    &cluster::helm::Helm,
    &cluster::kubernetes::Kubernetes,
    &cluster::kustomize::Kustomize,
    &delivery::azure_pipelines::AzurePipelines,
    &delivery::circleci::Circleci,
    &delivery::cloud_build::CloudBuild,
    &delivery::github_actions::GithubActions,
    &delivery::gitlab_ci::GitlabCi,
    &delivery::jenkinsfile::Jenkinsfile,
    &delivery::tekton::Tekton,
    &hardware::amd_smi::AmdSmi,
    &hardware::asset_list::AssetList,
    &hardware::dmidecode::Dmidecode,
    &hardware::hardware_metrics::Metrics,
    &hardware::hl_smi::HlSmi,
    &hardware::host::Host,
    &hardware::lshw::Lshw,
    &hardware::lspci::Lspci,
    &hardware::netbox::Netbox,
    &hardware::neuron_ls::NeuronLs,
    &hardware::npu_smi::NpuSmi,
    &hardware::nvidia_smi::NvidiaSmi,
    &hardware::redfish::Redfish,
    &hardware::xpu_smi::XpuSmi,
    &image::accelerator_runtime::AcceleratorRuntime,
    &image::apk::Apk,
    &image::apk_repositories::ApkRepositories,
    &image::apt_sources::AptSources,
    &image::cloud_init::CloudInit,
    &image::compose::Compose,
    &image::dockerfile::Dockerfile,
    &image::dpkg::Dpkg,
    &image::os_release::OsRelease,
    &image::pacman::Pacman,
    &image::pacman_mirrors::PacmanMirrors,
    &image::registry_mirrors::RegistryMirrors,
    &image::rpm_database::RpmDatabase,
    &image::rpm_repositories::RpmRepositories,
    &model::dvc::Dvc,
    &model::gguf::Gguf,
    &model::huggingface_cache::HuggingfaceCache,
    &model::litellm::Litellm,
    &model::mlmodel::Mlmodel,
    &model::mlmodel::TritonConfig,
    &model::model_card::ModelCard,
    &model::model_reference::ModelReference,
    &model::modelfile::Modelfile,
    &model::ollama_store::OllamaStore,
    &model::onnx::Onnx,
    &model::pytorch::Pytorch,
    &model::safetensors::Safetensors,
    &model::weights::Weights,
    &package::apple::cartfile_resolved::CartfileResolved,
    &package::apple::podfile::Podfile,
    &package::apple::podfile_lock::PodfileLock,
    &package::apple::swift_package::SwiftPackage,
    &package::apple::swift_resolved::SwiftResolved,
    &package::bazel::bazel_lock::BazelLock,
    &package::bazel::bazel_module::BazelModule,
    &package::bazel::bazel_rc::BazelRc,
    &package::bazel::bazel_workspace::BazelWorkspace,
    &package::beam::mix_exs::MixExs,
    &package::beam::mix_lock::MixLock,
    &package::beam::otp_app::OtpApp,
    &package::beam::rebar_lock::RebarLock,
    &package::cpp::cmake::Cmake,
    &package::cpp::conan_lock::ConanLock,
    &package::cpp::conanfile::Conanfile,
    &package::cpp::vcpkg::Vcpkg,
    &package::dart::pubspec::Pubspec,
    &package::dart::pubspec_lock::PubspecLock,
    &package::dotnet::deps_json::DepsJson,
    &package::dotnet::dotnet_project::DotnetProject,
    &package::dotnet::dotnet_tools::DotnetTools,
    &package::dotnet::nuget_assets::NugetAssets,
    &package::dotnet::nuget_config::NugetConfig,
    &package::dotnet::nuget_lock::NugetLock,
    &package::dotnet::packages_config::PackagesConfig,
    &package::dotnet::paket_lock::PaketLock,
    &package::flake_lock::FlakeLock,
    &package::golang::go_mod::GoMod,
    &package::golang::go_vendor::GoVendor,
    &package::golang::go_work::GoWork,
    &package::haskell::cabal::Cabal,
    &package::haskell::cabal_freeze::CabalFreeze,
    &package::haskell::stack::Stack,
    &package::haskell::stack_lock::StackLock,
    &package::javascript::bun_lock::BunLock,
    &package::javascript::deno::Deno,
    &package::javascript::deno_lock::DenoLock,
    &package::javascript::installed_node::InstalledNode,
    &package::javascript::npmrc::Npmrc,
    &package::javascript::package_json::PackageJson,
    &package::javascript::package_lock::PackageLock,
    &package::javascript::pnpm_lock::PnpmLock,
    &package::javascript::pnpm_workspace::PnpmWorkspace,
    &package::javascript::yarn_lock::YarnLock,
    &package::julia::julia_manifest::JuliaManifest,
    &package::julia::julia_project::JuliaProject,
    &package::jvm::gradle_build::GradleBuild,
    &package::jvm::gradle_catalog::GradleCatalog,
    &package::jvm::gradle_lock::GradleLock,
    &package::jvm::gradle_verification::GradleVerification,
    &package::jvm::java_archive::JavaArchive,
    &package::jvm::jvm_wrapper::JvmWrapper,
    &package::jvm::maven_pom::MavenPom,
    &package::jvm::maven_settings::MavenSettings,
    &package::jvm::sbt_build::SbtBuild,
    &package::jvm::sbt_lock::SbtLock,
    &package::php::composer_installed::ComposerInstalled,
    &package::php::composer_json::ComposerJson,
    &package::php::composer_lock::ComposerLock,
    &package::python::conda_environment::CondaEnvironment,
    &package::python::conda_lock::CondaLock,
    &package::python::installed_conda::InstalledConda,
    &package::python::installed_python::InstalledPython,
    &package::python::pdm_lock::PdmLock,
    &package::python::pip_config::PipConfig,
    &package::python::pipfile::Pipfile,
    &package::python::pipfile_lock::PipfileLock,
    &package::python::pixi_lock::PixiLock,
    &package::python::pixi_toml::PixiToml,
    &package::python::poetry_lock::PoetryLock,
    &package::python::pylock::Pylock,
    &package::python::pyproject::Pyproject,
    &package::python::requirements::Requirements,
    &package::python::setup_cfg::SetupCfg,
    &package::python::setup_py::SetupPy,
    &package::python::uv_lock::UvLock,
    &package::r::installed_r::InstalledR,
    &package::r::r_description::RDescription,
    &package::r::renv_lock::RenvLock,
    &package::ruby::gemfile::Gemfile,
    &package::ruby::gemfile_lock::GemfileLock,
    &package::ruby::gemspec::Gemspec,
    &package::ruby::installed_gem::InstalledGem,
    &package::rust::cargo_config::CargoConfig,
    &package::rust::cargo_lock::CargoLock,
    &package::rust::cargo_metadata::CargoMetadata,
    &package::rust::cargo_toml::CargoToml,
    &package::rust::cargo_vendor::CargoVendor,
    &package::rust::cargo_vet::CargoVet,
    &package::tools::git_modules::GitModules,
    &package::tools::pre_commit::PreCommit,
    &package::tools::terraform_settings::TerraformSettings,
    &package::tools::tool_versions::ToolVersions,
    &package::tools::toolchain::Toolchain,
    &sbom::cyclonedx_json::CyclonedxJson,
    &sbom::cyclonedx_xml::CyclonedxXml,
    &sbom::spdx3_json::Spdx3Json,
    &sbom::spdx_json::SpdxJson,
    &sbom::spdx_tag_value::SpdxTagValue,
    &unread::Unread,
];
