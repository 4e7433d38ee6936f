//! What Lambda starts.

fn main() -> Result<(), edge::StartError> {
    relay::run()
}
