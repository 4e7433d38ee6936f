//! What Lambda starts.

fn main() -> Result<(), edge::StartError> {
    settlement::run()
}
