//! What Lambda starts.

fn main() -> Result<(), edge::StartError> {
    onboarding::run()
}
