use std::collections::HashMap;

use super::Table;
use crate::model::{Generation, Model};

/// The statements that write to a table, spelled out once for each.
pub(crate) struct Statements {
    generation: Generation,
    replace: HashMap<(Model, &'static str), String>,
    append: HashMap<(Model, &'static str), String>,
}

impl Statements {
    pub(crate) fn of(generation: Generation) -> Self {
        Self {
            generation,
            replace: HashMap::new(),
            append: HashMap::new(),
        }
    }

    /// Takes the rows of all subjects in the second array away, but for those in the first, which it writes
    /// where they differ.
    pub(crate) fn replace(&mut self, model: Model, table: &'static Table) -> &str {
        let generation = self.generation;
        self.replace.entry((model, table.name)).or_insert_with(|| {
            let names = || table.columns.iter().map(|column| quoted(column.name));
            let list = |prefix: &str, count: usize| -> String {
                let names: Vec<String> = names()
                    .take(count)
                    .map(|name| format!("{prefix}{name}"))
                    .collect();
                names.join(", ")
            };
            let changes: Vec<String> = names()
                .skip(table.key)
                .map(|name| format!("{name} = excluded.{name}"))
                .collect();
            // A row that is all key is there or it is not.
            let changes = match changes.is_empty() {
                true => "nothing".to_owned(),
                false => format!("update set {}", changes.join(", ")),
            };
            include_str!("replace.sql")
                .replace("{table}", &table.within(model, generation))
                .replace("{old_subject}", &list("old.", table.subject))
                .replace("{given_subject}", &list("subject.", table.subject))
                .replace("{fresh_key}", &list("fresh.", table.key))
                .replace("{old_key}", &list("old.", table.key))
                .replace("{key}", &list("", table.key))
                .replace("{changes}", &changes)
        })
    }

    /// Adds rows; those that are there already stay as they are.
    pub(crate) fn append(&mut self, model: Model, table: &'static Table) -> &str {
        let generation = self.generation;
        self.append.entry((model, table.name)).or_insert_with(|| {
            include_str!("append.sql").replace("{table}", &table.within(model, generation))
        })
    }
}

impl Table {
    /// Its name with its schema.
    pub(crate) fn within(&self, model: Model, generation: Generation) -> String {
        format!("{}.{}", model.schema(generation), self.name)
    }

    /// The names of its columns, as a list.
    pub(crate) fn column_list(&self) -> String {
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|column| quoted(column.name))
            .collect();
        names.join(", ")
    }
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}
