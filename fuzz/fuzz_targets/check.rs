//! The whole pipeline on any text, in both modes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use meshlint::engine::{Options, check_text};

fuzz_target!(|text: &str| {
    for upstream in [false, true] {
        let report = check_text("fuzz.yaml", text, &Options { upstream, ..Options::default() });
        for finding in &report.findings {
            if let Some(location) = finding.location {
                let range = location.start.offset as usize..location.end.offset as usize;
                assert!(text.trim_start_matches('\u{feff}').get(range).is_some());
            }
        }
    }
});
