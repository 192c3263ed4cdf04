//! IST0106, IST0133: what the admission webhook says of a ProxyConfig.

use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::ProxyConfig;
use crate::yaml::Trail;

use super::common::match_labels;
use super::validate;

/// Validates a ProxyConfig.
pub(super) fn check(config: &Object<ProxyConfig>, mesh: &Mesh, findings: &mut Findings) {
    validate(config, mesh, findings, |config, issues| {
        let spec = Trail::top("spec");
        if let Some(selector) = &config.selector {
            match_labels(&selector.match_labels, &spec.field("selector"), issues);
        }
        if config.concurrency.is_some_and(|threads| threads < 0) {
            issues
                .error(
                    &spec.field("concurrency"),
                    "concurrency must be greater than or equal to 0",
                )
                .help("0 means one worker thread for each core");
        }
    });
}
