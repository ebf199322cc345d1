"""What travels over the wire, one module a resource."""
