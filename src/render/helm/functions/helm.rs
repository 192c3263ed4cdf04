//! Functions of Helm itself that run templates or stop them.

use super::super::engine::Engine;
use super::super::fault::{Fault, Reason, Res};
use super::super::value::{Map, UNKNOWN_VALUE, Val};
use super::{Function, keep, text, val};

pub(super) static TABLE: [Function; 6] = [
    keep("include", "sa", |engine, args| {
        let name = text(args, 0);
        Ok(engine.include(&name.lossy(), val(args, 1))?.into())
    }),
    keep("tpl", "sa", |engine, args| {
        Ok(engine.tpl(&text(args, 0), val(args, 1))?.into())
    }),
    keep("required", "sa", required),
    keep("fail", "s", |_, args| {
        let message = text(args, 0).lossy().into_owned();
        Err(Fault::new(Reason::Refused, message))
    }),
    // What a first install finds: nothing.
    keep("lookup", "ssss", |_, _| {
        let mut nothing = Val::map(Map::new());
        nothing.flags |= UNKNOWN_VALUE;
        Ok(nothing)
    }),
    keep("getHostByName", "s", |_, _| Ok("".into())),
];

fn required(_: &mut Engine, args: &[Val]) -> Res<Val> {
    let value = val(args, 1);
    let missing = value.is_nil() || value.as_str().is_some_and(|text| text.is_empty());
    if missing {
        let message = text(args, 0).lossy().into_owned();
        return Err(Fault::new(Reason::Refused, message));
    }
    Ok(value)
}
