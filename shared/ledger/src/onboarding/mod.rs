//! Programs and applications: everything that is written while a company is onboarded, each change in one transaction.

mod amendments;
mod applications;
mod checks;
mod names;
mod programs;

pub use applications::{Approval, Parents, Start};
pub use checks::CheckAudit;
pub(crate) use names::freed_names;
pub use names::{NameOwner, UniqueName};
pub use programs::NewProgram;
