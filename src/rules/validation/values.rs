//! How checks of single values report: a value with a placeholder may be anything, so nothing is
//! said of it.

use super::issues::{Issue, Issues};
use super::text::is_placeholder;
use crate::yaml::Trail;

impl Issues {
    /// An error for the text of a failed check of `value`.
    pub(crate) fn check_value<E: Into<String>>(
        &mut self,
        path: &Trail<'_>,
        value: &str,
        result: Result<(), E>,
    ) -> Option<&mut Issue> {
        match result {
            Err(message) if !is_placeholder(value) => Some(self.error(path, message)),
            _ => None,
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
