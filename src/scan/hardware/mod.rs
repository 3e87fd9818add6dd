//! Scanners of observed hardware: outputs of vendors' tools, lists of devices, exporters, lists of assets.
//!
//! Every reader fills a `machine::Machine`; which product a device is, the catalog says ([`crate::catalog::sku`]).

pub mod amd_smi;
mod amd_text;
pub mod asset_list;
mod asset_sort;
mod asset_told;
mod assets;
mod cells;
pub(crate) mod columns;
pub mod dmidecode;
pub(in crate::scan) mod forms;
pub mod hardware_metrics;
pub mod hl_smi;
pub mod host;
pub mod lshw;
pub mod lspci;
pub(crate) mod machine;
mod multiple;
pub mod netbox;
pub mod neuron_ls;
pub mod npu_smi;
pub mod nvidia_smi;
mod nvidia_text;
mod pci;
pub mod redfish;
pub(in crate::scan) mod same;
pub mod xpu_smi;

/// The scanner for the output of a hardware tool, by its content: for a file of any name that is the target.
#[must_use]
pub fn recognise(text: &str) -> Option<&'static str> {
    type Recognises = fn(&str) -> bool;
    const KNOWN: [(&str, Recognises); 12] = [
        ("nvidia-smi", nvidia_smi::is_it),
        ("amd-smi", amd_smi::is_it),
        ("xpu-smi", xpu_smi::is_it),
        ("hl-smi", hl_smi::is_it),
        ("npu-smi", npu_smi::is_it),
        ("neuron-ls", neuron_ls::is_it),
        ("lshw", lshw::is_it),
        ("dmidecode", dmidecode::is_it),
        ("redfish", redfish::is_it),
        ("netbox", netbox::is_it),
        ("hardware-metrics", hardware_metrics::is_it),
        ("lspci", lspci::is_it),
    ];
    KNOWN.into_iter().find(|(_, is_it)| is_it(text)).map(|(id, _)| id)
}
