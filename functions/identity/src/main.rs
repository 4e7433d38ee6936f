//! What Lambda starts.

fn main() -> Result<(), edge::StartError> {
    identity::run()
}
