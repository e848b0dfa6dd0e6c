"""Evidence packages, and their check without a network: what is proven, what is only claimed."""
