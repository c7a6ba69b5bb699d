"""What is asked of each verb, planned as an order that fills a pack."""
