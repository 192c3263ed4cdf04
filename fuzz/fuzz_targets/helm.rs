//! A chart of any template and values: rendering ends, and every origin lies in its source.
#![no_main]

use libfuzzer_sys::fuzz_target;
use meshlint::render::helm::{Layer, Options, render};
use meshlint::render::{Memory, Sources};

fuzz_target!(|input: (&str, &str, &str)| {
    let (template, values, set) = input;
    let mut memory = Memory::default();
    memory.insert("c/Chart.yaml", &b"apiVersion: v2\nname: c\nversion: 1.0.0\n"[..]);
    memory.insert("c/values.yaml", values.as_bytes());
    memory.insert("c/templates/_helpers.tpl", template.as_bytes());
    memory.insert("c/templates/t.yaml", template.as_bytes());
    let sources = Sources::new(Box::new(memory));
    let options = Options {
        values: vec![Layer::Set {
            expression: set.to_owned(),
            place: None,
            strings: false,
        }],
        ..Options::default()
    };
    let output = render(&sources, "c", &options);
    for object in &output.objects {
        for origin in &*object.origins {
            let text = sources.text(origin.place.source);
            assert!(origin.place.span.end as usize <= text.len());
        }
    }
});
