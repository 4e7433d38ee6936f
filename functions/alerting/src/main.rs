//! What Lambda starts.

fn main() -> Result<(), edge::StartError> {
    alerting::run()
}
