//! Functions that ask what a value is.

use super::super::value::Val;
use super::{Function, keep, text, val};

pub(super) static TABLE: [Function; 7] = [
    keep("typeOf", "a", |_, args| Ok(val(args, 0).type_name().into())),
    keep("kindOf", "a", |_, args| Ok(val(args, 0).kind_name().into())),
    keep("typeIs", "sa", |_, args| {
        Ok((text(args, 0).bytes() == val(args, 1).type_name().as_bytes()).into())
    }),
    keep("typeIsLike", "sa", |_, args| {
        let wanted = text(args, 0);
        let value = val(args, 1);
        let name = value.type_name().as_bytes();
        let same = wanted.bytes() == name;
        let pointer = name
            .strip_prefix(b"*")
            .is_some_and(|name| wanted.bytes() == name);
        Ok((same || pointer).into())
    }),
    keep("kindIs", "sa", |_, args| {
        Ok((text(args, 0).bytes() == val(args, 1).kind_name().as_bytes()).into())
    }),
    keep("all", "a*", |_, args| {
        Ok(args.iter().all(Val::truth).into())
    }),
    keep("any", "a*", |_, args| {
        Ok(args.iter().any(Val::truth).into())
    }),
];
