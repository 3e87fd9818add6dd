//! What calls in source code mean, and what names of models say.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::Verification;

rows! {
    /// Calls of an SDK that make a client, call a service or load a model, with the arguments that matter.
    /// An argument is a name (`region_name`), or a position from 0.
    SdkCall {
        /// `python`, `javascript` (and TypeScript), `go`, `java`, `rust`, `csharp`.
        language: Text,
        /// Module, package or namespace that must be imported, or a part of it from the left. One `*` stands for one
        /// element or its rest.
        package: Text,
        /// Paths below the package (`OpenAI`, `Session.client`); `*Client` for every such name, `*.` before a path for
        /// a call on whatever object, in a file that imports the package.
        calls: Vec<Text>,
        /// Catalog service that is called.
        #[serde(default)]
        service: Option<Text>,
        /// SDK package of the service, when the `*` of the package names it: `npm:@aws-sdk/client-*`.
        #[serde(default)]
        sdk: Option<Text>,
        /// Argument that names the client (`boto3.client("sqs")`).
        #[serde(default)]
        client: Vec<Text>,
        /// Provider of a setting that holds for its clients in the same file, when no service is called.
        #[serde(default)]
        provider: Option<Text>,
        /// Argument that is a region.
        #[serde(default)]
        region: Vec<Text>,
        /// Argument that is the address of the service.
        #[serde(default)]
        endpoint: Vec<Text>,
        /// True when the client speaks to whoever answers at the address: the service is meant without one only.
        #[serde(default)]
        compatible: bool,
        /// Argument that makes it a client of another service when it is true, or with `=` the name that it then has.
        #[serde(default)]
        switch: Option<Text>,
        /// Catalog service that it is a client of then.
        #[serde(default)]
        switched: Option<Text>,
        /// True when whoever uses it mostly runs the service as well: it is meant only by an address of its own.
        #[serde(default)]
        self_hosted: bool,
        /// Argument that names a model or, with `dataset`, a data set.
        #[serde(default)]
        model: Vec<Text>,
        /// True when a model's name may be one that the user gave.
        #[serde(default)]
        deployment: bool,
        /// Hub that the model is an id of: `huggingface`, `modelscope`.
        #[serde(default)]
        hub: Option<Text>,
        /// True when the argument names a data set.
        #[serde(default)]
        dataset: bool,
        /// Argument that is a type of machine that the call starts.
        #[serde(default)]
        machine: Vec<Text>,
        /// Argument that says how many machines.
        #[serde(default)]
        count: Vec<Text>,
        /// True when the model's name begins with the word of a provider, see `model_route`.
        #[serde(default)]
        routed: bool,
    }
    /// Models that hosted services offer, by how their names begin.
    ModelFamily {
        /// Beginning of the name, in lower case.
        name: Text,
        /// Identity key of who made them: `domain:openai.com`.
        identity: Text,
    }
    /// Words of routers (LiteLLM and those that took them over) before a model's name: `bedrock/…`.
    ModelRoute {
        /// The word.
        word: Text,
        /// Catalog service that is called; absent for servers of the user's own.
        #[serde(default)]
        service: Option<Text>,
        /// Hub that the rest of the name is an id of.
        #[serde(default)]
        hub: Option<Text>,
    }
    /// A step of a pipeline or a command of a script that calls a service or pushes to a registry.
    PipelineStep {
        /// `github` (actions), `azure` (tasks), `jenkins` (steps), `shell` (commands).
        system: Text,
        /// The step without its version, or the first words of a command.
        step: Text,
        /// Catalog service that is called.
        #[serde(default)]
        service: Option<Text>,
        /// Inputs or options that are a region.
        #[serde(default)]
        region: Vec<Text>,
        /// Inputs or options that are the host of a registry.
        #[serde(default)]
        registry: Vec<Text>,
        /// Inputs or options that list images which are pushed.
        #[serde(default)]
        image: Vec<Text>,
        /// Inputs or options that are the address of a service.
        #[serde(default)]
        address: Vec<Text>,
        /// Input or option without which nothing is pushed.
        #[serde(default)]
        when: Option<Text>,
        /// Inputs or options that name what is brought into service; `first` is the word right behind the command's.
        #[serde(default)]
        deploys: Vec<Text>,
        /// True where objects of Kubernetes are named: `deployment/NAME`, or kind and name as two words.
        #[serde(default)]
        objects: bool,
        /// Types of declared resources that may be what is named.
        #[serde(default)]
        types: Vec<Text>,
        /// Programs that fetch from `registry_url` in the steps behind it.
        #[serde(default)]
        configures: Vec<Text>,
        /// Inputs that are the address of a registry which programs are told.
        #[serde(default)]
        registry_url: Vec<Text>,
        /// Inputs that name the scope whose packages come from there; all do where it is not given.
        #[serde(default)]
        scope: Vec<Text>,
        /// Hosts that are asked for packages of the repository's owner alone where no scope is given.
        #[serde(default)]
        owned: Vec<Text>,
    }
    /// A setting of a program, by its name wherever settings stand: what it means that it is set.
    Setting {
        /// Name, in any case; one that begins with `*` is the end of one.
        name: Text,
        /// `licence`: a licence server is asked; `phone-home`: something is told to its maker; `off`: that is switched off.
        topic: Text,
        /// What it means, as the end of a sentence.
        what: Text,
        /// Values for which it means that; any when there are none.
        #[serde(default)]
        values: Vec<Text>,
    }
    /// An argument of SDK calls that names one resource of a service: `Bucket`.
    ResourceName {
        /// Name of the argument, or with `calls` a position from 0.
        argument: Text,
        /// Catalog service of the client that is asked, and of the resource.
        service: Text,
        /// Calls whose argument it is, by the ends of their paths (`BlobId.of`); any call that has it when there are none.
        #[serde(default)]
        calls: Vec<Text>,
        /// True when the argument is an address, and the name the first label of its host: a host of the service.
        #[serde(default)]
        host: bool,
    }
    /// Another name of a service's client, as an SDK spells it (`boto3.client("secretsmanager")`).
    ClientName {
        /// The name.
        name: Text,
        /// Catalog service.
        service: Text,
    }
}
