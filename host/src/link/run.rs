//! `vconduit link run`
use super::{Answer, LinkError};
pub(super) async fn run(_: &crate::cli::link::Run) -> Result<Answer, LinkError> {
    Err(LinkError::Given(String::new()))
}
