//! What Lambda starts.

fn main() -> Result<(), edge::StartError> {
    sweeper::run()
}
