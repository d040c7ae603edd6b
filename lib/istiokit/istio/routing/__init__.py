"""What answers where: a model of how istiod makes routes for gateway pods, and questions to ask it. Pure."""
