//! Reads the tables, see the parent module for the notation.

use rustc_hash::FxHashMap;

use super::{Field, Group, Integer, Object, Pattern, Rule, Schema, Type};

/// One line of a table.
#[derive(Clone)]
struct Line {
    /// The path of the field, without the marks of a list or map at its end.
    name: &'static str,
    /// The path with them, under which the children stand.
    path: &'static str,
    ty: &'static str,
    constraints: Vec<&'static str>,
    items: Vec<&'static str>,
}

/// Parses a table into the schema of the object that holds `spec`, and what is wrong with the
/// table; a test holds the latter empty.
pub(super) fn parse(table: &'static str) -> (Schema, Vec<String>) {
    let mut parser = Parser::default();
    for line in table.lines().filter(|l| !l.starts_with('#')) {
        let mut words = line.split(' ');
        let (Some(path), Some(ty)) = (words.next(), words.next()) else {
            parser.errors.push(format!("line too short: {line}"));
            continue;
        };
        let mut constraints = Vec::new();
        let mut items = Vec::new();
        let mut of_items = false;
        for word in words {
            match (word, of_items) {
                ("|", _) => of_items = true,
                (_, false) => constraints.push(word),
                (_, true) => items.push(word),
            }
        }
        let full = path.trim_end_matches(['[', ']', '{', '}']);
        let (parent, name) = full.rsplit_once('/').unwrap_or(("", full));
        parser.children.entry(parent).or_default().push(Line {
            name,
            path,
            ty,
            constraints,
            items,
        });
    }
    let object = parser.object("", &[]);
    let schema = Schema {
        ty: Type::Object(object),
        ..Schema::default()
    };
    (schema, parser.errors)
}

#[derive(Default)]
struct Parser {
    children: FxHashMap<&'static str, Vec<Line>>,
    errors: Vec<String>,
}

impl Parser {
    fn object(&mut self, path: &str, constraints: &[&'static str]) -> Object {
        let path = constraints
            .iter()
            .find_map(|c| c.strip_prefix("like="))
            .unwrap_or(path);
        let lines = self.children.get(path).cloned().unwrap_or_default();
        let mut fields: Vec<Field> = lines
            .iter()
            .map(|line| Field {
                name: line.name,
                schema: self.field(line),
            })
            .collect();
        if lines.is_empty() && constraints.iter().any(|c| c.starts_with("like=")) {
            self.errors.push(format!("no such object: {path}"));
        }
        fields.sort_by_key(|f| f.name);
        if fields.len() > 64 {
            self.errors.push(format!("too many fields: {path}"));
        }
        let required = mask(&fields, |f| f.schema.required);
        let groups = constraints
            .iter()
            .filter_map(|c| {
                let (word, members) = c.split_once('=')?;
                let members: Vec<&'static str> = members.split(',').collect();
                let exactly = match word {
                    "atmost" => false,
                    "exactly" => true,
                    _ => return None,
                };
                let mask = mask(&fields, |f| members.contains(&f.name));
                if mask.count_ones() as usize != members.len() {
                    self.errors.push(format!("unknown member in {c}"));
                }
                Some(Group {
                    members,
                    exactly,
                    mask,
                })
            })
            .collect();
        Object {
            fields,
            groups,
            required,
        }
    }

    fn field(&mut self, line: &Line) -> Schema {
        if line.path.ends_with("[]") {
            let item = self.value(line.path, line.ty, &line.items);
            self.constrained(Type::List(Box::new(item)), &line.constraints)
        } else if line.path.ends_with("{}") {
            let value = self.value(line.path, line.ty, &line.items);
            self.constrained(Type::Map(Box::new(value)), &line.constraints)
        } else {
            self.value(line.path, line.ty, &line.constraints)
        }
    }

    fn value(&mut self, path: &str, ty: &str, constraints: &[&'static str]) -> Schema {
        let ty = match ty {
            "object" => Type::Object(self.object(path, constraints)),
            "string" => Type::String,
            "duration" => Type::Duration { bounded: true },
            "plainduration" => Type::Duration { bounded: false },
            "bool" => Type::Bool,
            "int32" => Type::Integer(Integer::Int32),
            "uint32" => Type::Integer(Integer::Uint32),
            "uint64" => Type::Integer(Integer::Uint64),
            "int" => Type::Integer(Integer::Int64),
            "double" => Type::Double,
            "free" => Type::Free,
            _ => {
                self.errors.push(format!("unknown type {ty}: {path}"));
                Type::Free
            }
        };
        self.constrained(ty, constraints)
    }

    fn constrained(&mut self, ty: Type, constraints: &[&'static str]) -> Schema {
        let mut schema = Schema {
            ty,
            ..Schema::default()
        };
        for &constraint in constraints {
            let (word, value) = constraint.split_once('=').unwrap_or((constraint, ""));
            let number = value.parse::<i64>().ok();
            let size = value.parse::<usize>().ok();
            match word {
                "required" => schema.required = true,
                "nullable" => schema.nullable = true,
                "deprecated" => schema.deprecated = true,
                "enum" => schema.enum_values = value.split(',').collect(),
                "min" if number.is_some() => schema.min = number,
                "max" if number.is_some() => schema.max = number,
                "minLength" | "minItems" | "minProperties" if size.is_some() => {
                    schema.min_size = size;
                }
                "maxLength" | "maxItems" | "maxProperties" if size.is_some() => {
                    schema.max_size = size;
                }
                "pattern" => schema.pattern = Some(Pattern::new(value)),
                "unique" => schema.unique = Some(value),
                "rule" => match Rule::find(value) {
                    Some(rule) => schema.rules.push(rule),
                    None => self.errors.push(format!("unknown rule {value}")),
                },
                "like" | "atmost" | "exactly" => {}
                _ => self.errors.push(format!("unknown constraint {constraint}")),
            }
        }
        schema
    }
}

/// The fields that satisfy a condition, as bits by index.
fn mask(fields: &[Field], condition: impl Fn(&Field) -> bool) -> u64 {
    fields
        .iter()
        .take(64)
        .enumerate()
        .filter(|(_, field)| condition(field))
        .fold(0, |mask, (index, _)| mask | 1 << index)
}
