//! What Lambda starts.

fn main() -> Result<(), edge::StartError> {
    allocation::run()
}
