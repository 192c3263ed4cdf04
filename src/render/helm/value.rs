//! Values of templates, with the kinds that Go gives them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::fault::{Fault, Res};
use super::objects::Object;
use super::text::{OriginId, Piece, Text};

/// Nesting of values that functions follow.
pub(super) const DEEPEST: usize = 1_000;

/// The value differs from run to run.
pub(super) const UNKNOWN_VALUE: u8 = 1;
/// A nil that was read from a map or a list: what it has no field of is an error, unlike with a
/// nil that an expression gave.
pub(super) const ELEMENT: u8 = 2;

/// A value and where it came from. Strings carry their origins in their pieces.
#[derive(Debug, Clone)]
pub(super) struct Val {
    pub(super) data: Data,
    pub(super) origin: OriginId,
    pub(super) flags: u8,
}

/// The integer types that templates meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IntKind {
    Int,
    Int64,
    Uint8,
    Uint64,
}

/// The types of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListKind {
    Any,
    Str,
    Int,
    /// The API versions of the cluster, a list of strings with a method.
    Versions,
}

/// The types of maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MapKind {
    Any,
    Str,
    /// A map of strings that is none: JSON writes it as null.
    NilStr,
    /// `.Values`, which has methods.
    Values,
}

#[derive(Debug)]
pub(super) struct List {
    pub(super) items: Vec<Val>,
    pub(super) kind: ListKind,
    /// An empty list that JSON writes as null.
    pub(super) nil: bool,
    depth: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: OriginId,
    pub(super) val: Val,
}

pub(super) type Key = Rc<[u8]>;
pub(super) type Map = BTreeMap<Key, Entry>;

/// A map that all who hold it share.
pub(super) type MapRef = Rc<RefCell<Map>>;

#[derive(Debug, Clone)]
pub(super) enum Data {
    Nil,
    Bool(bool),
    Int(i64, IntKind),
    Float(f64),
    Str(Text),
    /// A byte slice, as [`Data::Str`] holds a string.
    Bytes(Text),
    List(Rc<List>),
    Map(MapRef, MapKind),
    Object(Rc<Object>),
}

impl From<Data> for Val {
    fn from(data: Data) -> Self {
        Self {
            data,
            origin: OriginId::NONE,
            flags: 0,
        }
    }
}

impl From<Text> for Val {
    fn from(text: Text) -> Self {
        Data::Str(text).into()
    }
}

impl From<bool> for Val {
    fn from(value: bool) -> Self {
        Data::Bool(value).into()
    }
}

impl From<f64> for Val {
    fn from(value: f64) -> Self {
        Data::Float(value).into()
    }
}

impl From<&str> for Val {
    fn from(text: &str) -> Self {
        Text::plain(text).into()
    }
}

impl From<String> for Val {
    fn from(text: String) -> Self {
        Text::of(text.into_bytes(), Piece::PLAIN).into()
    }
}

impl Val {
    pub(super) const fn nil() -> Self {
        Self {
            data: Data::Nil,
            origin: OriginId::NONE,
            flags: 0,
        }
    }

    pub(super) fn int(value: i64) -> Self {
        Data::Int(value, IntKind::Int).into()
    }

    pub(super) fn int64(value: i64) -> Self {
        Data::Int(value, IntKind::Int64).into()
    }

    pub(super) fn size(value: usize) -> Self {
        Self::int(i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// A list of any values.
    pub(super) fn list(items: Vec<Val>) -> Res<Self> {
        Self::list_of(items, ListKind::Any)
    }

    pub(super) fn list_of(items: Vec<Val>, kind: ListKind) -> Res<Self> {
        let depth = 1 + items.iter().map(Val::depth).max().unwrap_or(0);
        if depth as usize > DEEPEST {
            return Err(Fault::limit("lists nest too deeply"));
        }
        let list = List {
            items,
            kind,
            nil: false,
            depth,
        };
        Ok(Data::List(Rc::new(list)).into())
    }

    /// An empty list that JSON writes as null.
    pub(super) fn nil_list(kind: ListKind) -> Self {
        let list = List {
            items: Vec::new(),
            kind,
            nil: true,
            depth: 1,
        };
        Data::List(Rc::new(list)).into()
    }

    pub(super) fn strings(items: impl IntoIterator<Item = Text>) -> Val {
        let list = List {
            items: items.into_iter().map(Val::from).collect(),
            kind: ListKind::Str,
            nil: false,
            depth: 1,
        };
        Data::List(Rc::new(list)).into()
    }

    pub(super) fn map(map: Map) -> Self {
        Data::Map(Rc::new(RefCell::new(map)), MapKind::Any).into()
    }

    pub(super) fn object(object: Object) -> Self {
        Data::Object(Rc::new(object)).into()
    }

    pub(super) fn with_origin(mut self, origin: OriginId) -> Self {
        self.origin = origin;
        self
    }

    pub(super) fn is_nil(&self) -> bool {
        matches!(self.data, Data::Nil)
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.flags & UNKNOWN_VALUE != 0
            || matches!(&self.data, Data::Str(text) | Data::Bytes(text) if text.is_unknown())
    }

    /// How deep lists nest in it; maps count as flat, since they may change.
    fn depth(&self) -> u32 {
        match &self.data {
            Data::List(list) => list.depth,
            _ => 0,
        }
    }

    pub(super) fn as_str(&self) -> Option<&Text> {
        match &self.data {
            Data::Str(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_map(&self) -> Option<&MapRef> {
        match &self.data {
            Data::Map(map, _) => Some(map),
            _ => None,
        }
    }

    pub(super) fn as_items(&self) -> Option<&[Val]> {
        match &self.data {
            Data::List(list) => Some(&list.items),
            _ => None,
        }
    }

    /// Whether conditions hold for it.
    pub(super) fn truth(&self) -> bool {
        match &self.data {
            Data::Nil => false,
            Data::Bool(value) => *value,
            Data::Int(value, _) => *value != 0,
            Data::Float(value) => *value != 0.0,
            Data::Str(text) | Data::Bytes(text) => !text.is_empty(),
            Data::List(list) => !list.items.is_empty(),
            Data::Map(map, _) => !map.borrow().is_empty(),
            Data::Object(object) => object.truth(),
        }
    }

    /// The value of a key; `None` when the map doesn't have it or it is no map.
    pub(super) fn get(&self, key: &str) -> Option<Val> {
        let map = self.as_map()?;
        let map = map.borrow();
        map.get(key.as_bytes()).map(|entry| entry.val.clone())
    }

    /// The name of its Go type.
    pub(super) fn type_name(&self) -> &str {
        match &self.data {
            Data::Nil => "<nil>",
            Data::Bool(_) => "bool",
            Data::Int(_, IntKind::Int) => "int",
            Data::Int(_, IntKind::Int64) => "int64",
            Data::Int(_, IntKind::Uint8) => "uint8",
            Data::Int(_, IntKind::Uint64) => "uint64",
            Data::Float(_) => "float64",
            Data::Str(_) => "string",
            Data::Bytes(_) => "[]uint8",
            Data::List(list) => match list.kind {
                ListKind::Any => "[]interface {}",
                ListKind::Str => "[]string",
                ListKind::Int => "[]int",
                ListKind::Versions => "chartutil.VersionSet",
            },
            Data::Map(_, MapKind::Any) => "map[string]interface {}",
            Data::Map(_, MapKind::Str | MapKind::NilStr) => "map[string]string",
            Data::Map(_, MapKind::Values) => "chartutil.Values",
            Data::Object(object) => object.type_name(),
        }
    }

    /// The name of its Go kind.
    pub(super) fn kind_name(&self) -> &'static str {
        match &self.data {
            Data::Nil => "invalid",
            Data::Bool(_) => "bool",
            Data::Int(_, IntKind::Int) => "int",
            Data::Int(_, IntKind::Int64) => "int64",
            Data::Int(_, IntKind::Uint8) => "uint8",
            Data::Int(_, IntKind::Uint64) => "uint64",
            Data::Float(_) => "float64",
            Data::Str(_) => "string",
            Data::Bytes(_) | Data::List(_) => "slice",
            Data::Map(..) => "map",
            Data::Object(object) => object.kind_name(),
        }
    }

    /// A copy that shares nothing that can change.
    pub(super) fn deep_copy(&self) -> Res<Val> {
        self.copy(0)
    }

    fn copy(&self, depth: usize) -> Res<Val> {
        if depth > DEEPEST {
            return Err(Fault::limit("values nest too deeply"));
        }
        let data = match &self.data {
            Data::List(list) => {
                let items = list.items.iter().map(|item| item.copy(depth + 1));
                Data::List(Rc::new(List {
                    items: items.collect::<Res<_>>()?,
                    kind: list.kind,
                    nil: list.nil,
                    depth: list.depth,
                }))
            }
            Data::Map(map, kind) => {
                let mut copy = Map::new();
                for (key, entry) in &*map.borrow() {
                    let val = entry.val.copy(depth + 1)?;
                    let entry = Entry {
                        key: entry.key,
                        val,
                    };
                    copy.insert(Rc::clone(key), entry);
                }
                Data::Map(Rc::new(RefCell::new(copy)), *kind)
            }
            other => other.clone(),
        };
        Ok(Val {
            data,
            origin: self.origin,
            flags: self.flags,
        })
    }

    /// Equality with types, as Go's `reflect.DeepEqual`.
    pub(super) fn deep_equal(&self, other: &Val) -> Res<bool> {
        self.equal(other, 0)
    }

    fn equal(&self, other: &Val, depth: usize) -> Res<bool> {
        if depth > DEEPEST {
            return Err(Fault::limit("values nest too deeply"));
        }
        Ok(match (&self.data, &other.data) {
            (Data::Nil, Data::Nil) => true,
            (Data::Bool(a), Data::Bool(b)) => a == b,
            (Data::Int(a, x), Data::Int(b, y)) => a == b && x == y,
            (Data::Float(a), Data::Float(b)) => a == b,
            (Data::Str(a), Data::Str(b)) | (Data::Bytes(a), Data::Bytes(b)) => a == b,
            (Data::List(a), Data::List(b)) => {
                if a.kind != b.kind || a.nil != b.nil || a.items.len() != b.items.len() {
                    return Ok(false);
                }
                for (a, b) in a.items.iter().zip(&b.items) {
                    if !a.equal(b, depth + 1)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Data::Map(a, x), Data::Map(b, y)) => {
                if Rc::ptr_eq(a, b) {
                    return Ok(x == y);
                }
                let (a, b) = (a.borrow(), b.borrow());
                if x != y || a.len() != b.len() {
                    return Ok(false);
                }
                for ((k, a), (l, b)) in a.iter().zip(b.iter()) {
                    if k != l || !a.val.equal(&b.val, depth + 1)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Data::Object(a), Data::Object(b)) => Rc::ptr_eq(a, b) || a.same(b),
            _ => false,
        })
    }
}

/// A key of a map.
pub(super) fn key(text: impl AsRef<[u8]>) -> Key {
    Rc::from(text.as_ref())
}

/// Puts a value into a map, under a key without an origin.
pub(super) fn put(map: &mut Map, name: &str, val: impl Into<Val>) {
    let entry = Entry {
        key: OriginId::NONE,
        val: val.into(),
    };
    map.insert(key(name), entry);
}
