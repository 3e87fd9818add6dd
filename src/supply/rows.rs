//! The shape of the section on supply. The report's JSON Schema holds it.

use schemars::JsonSchema;
use serde::Serialize;

/// Supply of the fleet of accelerators.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SupplyRow {
    /// All devices, those of names that mean several products and of products that are not known too: what shares are
    /// taken of, and what the table calls the number of devices.
    pub all_devices: f64,
    /// Of them those of known products; a product of which no number is known counts once.
    pub devices: f64,
    /// Products that are known.
    pub products: usize,
    /// Products that are not.
    pub unknown_products: usize,
    /// Known products of which no number is known.
    pub uncounted: usize,
    /// Where each stands, who operates it, and what the law of the day says of that.
    pub placements: Vec<PlacementRow>,
    /// On whom the fleet hangs, by share of devices; the largest first in each.
    pub shares: Vec<ShareRow>,
    /// What its designers can stop.
    pub stops: Vec<StopRow>,
    /// What lists of assets say of replacing them; what is to be replaced first at the top.
    pub service: Vec<ServiceRow>,
    /// Where workloads could run besides.
    pub second_source: Vec<SecondSourceRow>,
}

/// An accelerator where it stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlacementRow {
    /// Product.
    pub accelerator: String,
    /// Its export-control class.
    pub class: String,
    /// Machine, node pool or workload.
    pub holder: String,
    /// State where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Who operates it.
    pub operators: Vec<String>,
    /// Seats of the operators' last owners.
    pub controlled_from: Vec<String>,
    /// What the clauses evaluated say of it there, as if it were sent there today.
    pub answer: String,
    /// What the policy of review in the answer asks for; a condition may name another policy where it is not met.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
}

/// A share of the fleet.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ShareRow {
    /// `designer`, `foundry`, `fabrication-country`, `memory`, `packaging`.
    pub of: String,
    /// Who or where; several with ` or ` where any of them supplies; `unknown`.
    pub name: String,
    /// Devices.
    pub devices: f64,
    /// Percent of all devices, rounded down.
    pub percent: u8,
    /// Weakest mark of the facts.
    pub verification: String,
}

/// What a designer can stop.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StopRow {
    /// Designer.
    pub designer: String,
    /// States that control it in the end.
    pub controlled_from: Vec<String>,
    /// True when the profile trusts all of them.
    pub trusted: bool,
    /// What.
    pub what: String,
    /// When it is felt.
    pub horizon: String,
    /// What happens then.
    pub text: String,
    /// How well it is checked.
    pub verification: String,
}

/// What a list says of replacing accelerators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServiceRow {
    /// Product.
    pub accelerator: String,
    /// Machines of the list.
    pub holder: String,
    /// How many are in use there.
    pub devices: u64,
    /// How many lie in store.
    pub spares: u64,
    /// When they were bought, the earliest day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchased: Option<String>,
    /// When they are to be replaced, the earliest day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<String>,
}

/// Where a workload could run besides.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SecondSourceRow {
    /// Workload or project.
    pub workload: String,
    /// Accelerators it runs on, as far as it says.
    pub runs_on: Vec<String>,
    /// Software that ties it, as it was found.
    pub ties: Vec<String>,
    /// Platforms on which it could run as it is.
    pub could: Vec<String>,
    /// Platforms on which it could run with other builds of what it uses.
    pub could_with_other_builds: Vec<String>,
    /// Platforms on which it cannot, with the reason.
    pub cannot: Vec<CannotRow>,
    /// Weakest mark of the facts.
    pub verification: String,
}

/// A platform on which a workload cannot run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CannotRow {
    /// Platform.
    pub platform: String,
    /// Software that keeps it away.
    pub because: Vec<String>,
}
