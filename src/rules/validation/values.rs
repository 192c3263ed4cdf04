//! How checks of single values report: a value with a placeholder may be anything, so nothing is
//! said of it.

use super::issues::{Issue, Issues};
use super::text::is_placeholder;
use crate::yaml::{Trail, is_expression};

impl Issues {
    /// An error for the text of a failed check of `value`.
    pub(crate) fn check_value<E: Into<String>>(
        &mut self,
        path: &Trail<'_>,
        value: &str,
        result: Result<(), E>,
    ) -> Option<&mut Issue> {
        match result {
            Err(message) if !self.is_open(value) => Some(self.error(path, message)),
            _ => None,
        }
    }

    /// Whether a value is filled in before it is applied.
    fn is_open(&self, value: &str) -> bool {
        if self.quirks.only_expressions_are_placeholders {
            is_expression(value)
        } else {
            is_placeholder(value)
        }
    }

    /// An error for each number that is no port.
    pub(crate) fn check_port(&mut self, path: &Trail<'_>, number: u32) {
        if let Err(message) = super::text::port(number) {
            let issue = self.error(path, message);
            if number == 0 {
                issue.help("name the port's number, from 1 to 65535");
            }
        }
    }
}
