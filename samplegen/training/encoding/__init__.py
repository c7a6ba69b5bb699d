"""From sounds to latents on the disk, with what degraded copies and CLAP say of them."""
