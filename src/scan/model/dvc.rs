//! DVC: where the data and models of a repository are kept.

use crate::model::{Basis, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::cloud::api::{calls_in, calls_service};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `dvc`.
pub struct Dvc;

static META: ScannerMeta = ScannerMeta {
    id: "dvc",
    title: "DVC remote",
    summary: "The stores that a repository keeps data and models in (`url` of `.dvc/config`), with the region and the \
              address of another S3 service where stated.",
    files: &["**/.dvc/config", "**/.dvc/config.local"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Service],
    reference: "https://dvc.org/doc/user-guide/data-management/remote-storage",
};

impl Scanner for Dvc {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        // the folder `.dvc` speaks for the one above
        let project = input.root_subject_at(&file.folder().parent());
        let before = out.len();
        let sections = file.text().split("\n[").map(|section| (section, section.contains("endpointurl")));
        let mut start = 0;
        for (section, is_elsewhere) in sections {
            let mut service = None;
            for line in lines(section) {
                let Some((name, value)) = line.text.split_once('=') else { continue };
                let (name, value) = (name.trim(), value.trim());
                let at = span_within(&line, value).shifted(start);
                let scheme = value.split_once("://").map_or("", |(scheme, _)| scheme);
                match name {
                    "url" => {
                        let id = match scheme {
                            "s3" if !is_elsewhere => "aws/s3",
                            "gs" => "gcp/storage",
                            "azure" => "azure/blob",
                            _ => "",
                        };
                        if let Some(row) = input.catalog.service(id) {
                            service = Some(calls_service(&project, row, &file.at(at), out));
                        } else {
                            calls_in(&project, value, input.catalog, file, at, out);
                        }
                    }
                    "endpointurl" => calls_in(&project, value, input.catalog, file, at, out),
                    "region" => {
                        if let Some(service) = &service {
                            out.attribute(service, key::REGION, value, file.at(at));
                        }
                    }
                    _ => {}
                }
            }
            start += section.len() + 2;
        }
        if out.len() > before {
            out.component(&project, input.root_kind(), file.whole());
        }
        Ok(())
    }
}
