# A slow disk at the first start.
sleep 10
